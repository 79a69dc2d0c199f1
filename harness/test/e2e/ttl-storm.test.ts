/** ttl-storm on the reference broker, small: what must hold on every machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadResult } from "../../src/result/store.ts";
import { Workplace } from "./cli.ts";
import { anomalies, figure, NO_ANOMALY, smokeIn, stages } from "./smoke.ts";

const onLinux = process.platform === "linux";
/** They are published in leadMs - calmMs. */
const small = ["stormMessages=3000", "leadMs=1500ms", "calmMs=500ms"];

test("together: every message becomes a dead letter, none early, and the living lose nothing", async () => {
  await using place = await Workplace.make();
  const [run] = await smokeIn(place, ["ttl-storm"], { set: small });
  assert.deepEqual(anomalies(run!), NO_ANOMALY);
  assert.deepEqual(stages(run!), ["fill", "before", "storm", "after"]);
  const value = (name: string) => figure(run!, name);
  assert.equal(value("deadLettered"), 3000);
  assert.deepEqual([value("early"), value("unaccounted"), value("expired")], [0, 0, null]);
  const { published, confirmed, delivered } = run!.integrity;
  assert.deepEqual([confirmed, delivered], [published, published]);
  assert.ok(published > 3000, "nobody used the other queues");
  assert.ok(value("latenessP99")! >= 0 && value("latenessMax")! >= value("latenessP99")!);
  for (const name of ["before", "storm", "after"]) {
    const phase = run!.phases.find((each) => each.name === name)!;
    if (name !== "storm") assert.ok(phase.latencyUs.response!.count > 0, `${name}: no live traffic`);
    if (onLinux) assert.ok(phase.rss.peakBytes! > 0);
  }
  const { phases } = await loadResult(run!.resultFile!);
  assert.deepEqual(
    phases.map(({ name }) => name),
    stages(run!),
  );
});

test("spread, and gone: lateness is told from the queue's depth, and said to be", async () => {
  await using place = await Workplace.make();
  const spread = ["due=spread", "spreadMs=1s", "deadLetter=false", "stormQueues=2"];
  const [run] = await smokeIn(place, ["ttl-storm"], { set: [...small, ...spread] });
  assert.deepEqual(anomalies(run!), NO_ANOMALY);
  const value = (name: string) => figure(run!, name);
  assert.deepEqual([value("expired"), run!.integrity.expired], [3000, 3000]);
  assert.equal(run!.integrity.delivered + 3000, run!.integrity.confirmed);
  assert.deepEqual([value("unaccounted"), value("deadLettered")], [0, null]);
  assert.match(run!.figures.latenessP99!.note!, /depth/);
  assert.ok(value("latenessMax")! > 0);
});
