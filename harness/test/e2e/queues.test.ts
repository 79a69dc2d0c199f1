/** The workloads on queues, on the reference broker: what must hold on every machine. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EXIT } from "../../src/exit-codes.ts";
import { type RunSummary, runDocument } from "../../src/result/schema.ts";
import { Workplace } from "./cli.ts";

const NO_ANOMALY = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };

/** 3: on a shared machine every run may be contaminated; integrity does not depend on that. */
async function smoke(scenario: string, ...args: string[]): Promise<readonly RunSummary[]> {
  await using place = await Workplace.make();
  const target = ["--target", "reference", "--json", "--out", place.results];
  const ended = await place.start("run", scenario, "--profile", "smoke", ...target, ...args).end();
  const { exitCode, stderr } = ended;
  assert.ok(exitCode === EXIT.done || exitCode === EXIT.inconclusive, `exit code ${exitCode}\n${stderr}`);
  assert.deepEqual(await place.leftovers(), []);
  return runDocument.parse(JSON.parse(ended.stdout)).runs;
}

function anomalies({ integrity: { lost, duplicated, reordered, corrupted } }: RunSummary) {
  return { lost, duplicated, reordered, corrupted };
}

describe("a smoke run on queues", { concurrency: false }, () => {
  test("fanout: each of eight subscribers gets every message, and the memory of one is told", async () => {
    const [run] = await smoke("fanout");
    assert.deepEqual(anomalies(run!), NO_ANOMALY);
    assert.equal(run!.integrity.delivered, 8 * run!.integrity.published);
    assert.ok(run!.generatorCeiling! > 0);
    assert.ok(run!.throughput.messagesPerSecond! > 0);
    if (process.platform === "linux") assert.notEqual(run!.cost.rssBytesPerSubscriber, null);
  });

  test("fanout with a slow subscriber: others miss nothing, and what it misses was dropped", async () => {
    const paced = ["--set", "mode=open", "--set", "ratePerSecond=2000/s", "--set", "payloadBytes=32KiB"];
    const slow = ["--set", "slowPolicy=drop-head", "--set", "maxLength=50", "--set", "slowPauseMs=0"];
    const bytes = ["--set", "measure.durationMs=2s", "--set", "measure.maxBytes=1GiB"];
    const [run] = await smoke("fanout", "--set", "subscribers=2", ...paced, ...slow, ...bytes);
    assert.deepEqual(anomalies(run!), NO_ANOMALY);
    const { published, delivered, dropped } = run!.integrity;
    assert.ok(dropped > 0, "nothing was dropped");
    assert.equal(delivered + dropped, 2 * published);
    assert.equal(run!.latencyUs.response?.count, published);
  });

  test("publish-confirm: over both protocols every confirmed message is read back", async () => {
    const runs = await smoke("publish-confirm");
    assert.deepEqual(
      runs.map(({ protocol }) => protocol),
      ["amqp", "kafka"],
    );
    for (const run of runs) {
      assert.deepEqual(anomalies(run), NO_ANOMALY);
      assert.equal(run.integrity.delivered, run.integrity.confirmed);
    }
  });

  test("work-queue: four consumers share the messages and acknowledge all of them", async () => {
    const [run] = await smoke("work-queue");
    assert.deepEqual(anomalies(run!), NO_ANOMALY);
    assert.equal(run!.integrity.delivered, run!.integrity.published);
  });
});
