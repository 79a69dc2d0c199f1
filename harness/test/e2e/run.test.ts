/** `brokermark run` on the reference broker. Figures differ from machine to machine; what must hold of them does not. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT } from "../../src/exit-codes.ts";
import { loadResult } from "../../src/result/store.ts";
import { Workplace } from "./cli.ts";
import { anomalies, BRIEF, NO_ANOMALY, smokeIn } from "./smoke.ts";

test("closed loop: everything read back, throughput and cost told, one result file", async () => {
  await using place = await Workplace.make();
  const runs = await smokeIn(place, ["megabatch"], { set: [BRIEF] });
  assert.equal(runs.length, 1);
  const run = runs[0]!;
  const { published, confirmed, delivered } = run.integrity;
  assert.equal(run.integrity.verdict, "valid");
  assert.ok(published > 0);
  assert.deepEqual({ confirmed, delivered }, { confirmed: published, delivered: published });
  assert.deepEqual(anomalies(run), NO_ANOMALY);
  assert.ok(run.throughput.messagesPerSecond! > 0);
  assert.ok(run.generatorCeiling! > 0);
  assert.equal(run.latencyUs.response, null);
  assert.equal(run.latencyUs.publish?.count, published);
  assert.equal(run.target.durability, "os");
  const result = await loadResult(run.resultFile!);
  assert.deepEqual(result.summary.integrity, run.integrity);
  assert.deepEqual(await readdir(place.results), [run.resultFile!.split("/").at(-1)]);
});

test("open loop: response time of every message, schedule lag, an HTML report, a table", async () => {
  await using place = await Workplace.make();
  const report = join(place.root, "report.html");
  const { exitCode, stdout, stderr } = await place
    .start("run", "latency", "--profile", "smoke", "--out", place.results, "--html", report)
    .end();
  assert.ok(exitCode === EXIT.done || exitCode === EXIT.inconclusive, `exit code ${exitCode}\n${stderr}`);
  assert.match(stdout, /latency smoke: open loop, driver kafka/);
  assert.ok(stdout.includes(report));
  assert.match(await readFile(report, "utf8"), /^<!doctype html>/i);
  const [file] = await readdir(place.results);
  const { summary } = await loadResult(join(place.results, file!));
  assert.equal(summary.integrity.verdict, "valid");
  const { response, service, publish, scheduleLag } = summary.latencyUs;
  for (const each of [response, service, publish]) assert.equal(each?.count, summary.integrity.published);
  // What was due and could not be sent any more lagged as well.
  assert.ok(scheduleLag!.count >= summary.integrity.published);
  assert.ok(response!.p50! >= service!.p50!, "response time holds service time");
  assert.deepEqual(await place.leftovers(), []);
});

test("acks 0: the log end tells what arrived", async () => {
  await using place = await Workplace.make();
  const [run] = await smokeIn(place, ["megabatch"], { set: [BRIEF, "acks=0"] });
  assert.equal(run!.integrity.verdict, "valid");
  assert.equal(run!.integrity.delivered, run!.integrity.published);
  assert.equal(run!.latencyUs.publish, null);
});
