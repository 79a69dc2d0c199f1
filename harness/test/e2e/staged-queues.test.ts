/** ttl-storm and memory-paging on the reference broker, small: what must hold on every machine. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EXIT } from "../../src/exit-codes.ts";
import { type RunSummary, runDocument } from "../../src/result/schema.ts";
import { loadResult } from "../../src/result/store.ts";
import { Workplace } from "./cli.ts";

const NO_ANOMALY = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };
const onLinux = process.platform === "linux";

/** 3: on a shared machine every run may be contaminated; what is counted does not depend on that. */
async function smoke(place: Workplace, scenario: string, ...args: string[]): Promise<RunSummary> {
  const target = ["--target", "reference", "--json", "--out", place.results];
  const ended = await place.start("run", scenario, "--profile", "smoke", ...target, ...args).end();
  const { exitCode, stderr } = ended;
  assert.ok(exitCode === EXIT.done || exitCode === EXIT.inconclusive, `exit code ${exitCode}\n${stderr}`);
  assert.deepEqual(await place.leftovers(), []);
  return runDocument.parse(JSON.parse(ended.stdout)).runs[0]!;
}

function anomalies({ integrity: { lost, duplicated, reordered, corrupted } }: RunSummary) {
  return { lost, duplicated, reordered, corrupted };
}

const value = (run: RunSummary, name: string) => run.figures[name]!.value;
const stages = (run: RunSummary) => run.phases.map(({ name }) => name);

describe("a TTL storm", { concurrency: false }, () => {
  const small = ["--set", "stormMessages=3000", "--set", "leadMs=2s", "--set", "calmMs=1s"];

  test("together: every message becomes a dead letter, none early, and the living lose nothing", async () => {
    await using place = await Workplace.make();
    const run = await smoke(place, "ttl-storm", ...small);
    assert.deepEqual(anomalies(run), NO_ANOMALY);
    assert.deepEqual(stages(run), ["fill", "before", "storm", "after"]);
    assert.equal(value(run, "deadLettered"), 3000);
    assert.deepEqual([value(run, "early"), value(run, "unaccounted"), value(run, "expired")], [0, 0, null]);
    const { published, confirmed, delivered } = run.integrity;
    assert.deepEqual([confirmed, delivered], [published, published]);
    assert.ok(published > 3000, "nobody used the other queues");
    assert.ok(value(run, "latenessP99")! >= 0 && value(run, "latenessMax")! >= value(run, "latenessP99")!);
    for (const name of ["before", "storm", "after"]) {
      const phase = run.phases.find((each) => each.name === name)!;
      if (name !== "storm") assert.ok(phase.latencyUs.response!.count > 0, `${name}: no live traffic`);
      if (onLinux) assert.ok(phase.rss.peakBytes! > 0);
    }
    const { phases } = await loadResult(run.resultFile!);
    assert.deepEqual(
      phases.map(({ name }) => name),
      stages(run),
    );
  });

  test("spread, and gone: lateness is told from the queue's depth, and said to be", async () => {
    await using place = await Workplace.make();
    const spread = ["--set", "due=spread", "--set", "spreadMs=1s", "--set", "deadLetter=false"];
    const run = await smoke(place, "ttl-storm", ...small, "--set", "stormQueues=2", ...spread);
    assert.deepEqual(anomalies(run), NO_ANOMALY);
    assert.deepEqual([value(run, "expired"), run.integrity.expired], [3000, 3000]);
    assert.equal(run.integrity.delivered + 3000, run.integrity.confirmed);
    assert.deepEqual([value(run, "unaccounted"), value(run, "deadLettered")], [0, null]);
    assert.match(run.figures.latenessP99!.note!, /depth/);
    assert.ok(value(run, "latenessMax")! > 0);
  });
});

describe("memory paging", { concurrency: false }, () => {
  const small = ["--set", "messages=5000"];

  test("a queue is grown with nobody reading, then drained in order and intact", async () => {
    await using place = await Workplace.make();
    const run = await smoke(place, "memory-paging", ...small);
    assert.deepEqual(anomalies(run), NO_ANOMALY);
    assert.deepEqual(stages(run), ["grow", "full", "drain", "empty"]);
    assert.deepEqual([run.integrity.confirmed, run.integrity.delivered], [5000, 5000]);
    assert.equal(value(run, "deepest"), 5000);
    for (const rate of ["growthRate", "drainRate", "firstDelivery"]) assert.ok(value(run, rate)! > 0, rate);
    if (onLinux) {
      assert.ok(value(run, "rssPeak")! >= value(run, "rssBefore")!);
      assert.ok(value(run, "sinkRss")! > 0);
    }
    assert.match(run.figures.bytesPerMessage!.note!, /derived/);
  });

  test("while a consumer reads along at its rate, the rest waits", async () => {
    await using place = await Workplace.make();
    const along = ["--set", "growthReadPerSecond=1000/s", "--set", "prefetch=10", "--set", "ackEvery=1"];
    const run = await smoke(place, "memory-paging", ...small, ...along);
    assert.deepEqual(anomalies(run), NO_ANOMALY);
    assert.equal(run.integrity.delivered, 5000);
    const deepest = value(run, "deepest")!;
    assert.ok(deepest > 0 && deepest < 5000, `${deepest} waited`);
    assert.equal(value(run, "firstDelivery"), null);
  });
});
