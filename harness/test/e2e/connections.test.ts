/** Held connections and messages over HTTP, on the reference broker: what must hold on every machine. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EXIT } from "../../src/exit-codes.ts";
import { type RunSummary, runDocument } from "../../src/result/schema.ts";
import { Workplace } from "./cli.ts";

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

const NO_ANOMALY = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };

describe("a smoke run", { concurrency: false }, () => {
  test("connections: over both protocols all are held, measured, and closed, and what the active sent arrived", async () => {
    const few = ["--set", "connections=40", "--set", "active=4", "--set", "idleMs=200ms"];
    const soon = ["--set", "measure.durationMs=500ms"];
    const runs = await smoke("connections", ...few, ...soon);
    assert.deepEqual(
      runs.map(({ protocol }) => protocol),
      ["amqp", "kafka"],
    );
    for (const run of runs) {
      assert.deepEqual(anomalies(run), NO_ANOMALY);
      assert.equal(run.integrity.delivered, run.integrity.confirmed);
      assert.equal(run.figures.held!.value, 40);
      assert.ok(run.figures.acceptRate!.value! > 0);
      assert.ok(run.figures.activeP50!.value! > 0);
      const stages = run.phases.map(({ name }) => name);
      assert.deepEqual(stages, [
        "bare sockets",
        "no connections",
        "opening",
        "warm-up",
        "all idle",
        "some active",
        "closing",
      ]);
      if (process.platform === "linux") assert.notEqual(run.figures.rssPerConnection!.value, null);
    }
  });

  test("http-ingest: what was posted to an exchange and to a topic is there, and metrics were scraped", async () => {
    const runs = await smoke("http-ingest", "--set", "connections=4");
    assert.deepEqual(
      runs.map(({ driver }) => driver),
      ["http-exchange", "http-topic"],
    );
    for (const run of runs) {
      assert.deepEqual(anomalies(run), NO_ANOMALY);
      assert.ok(run.integrity.confirmed > 0);
      assert.ok(run.integrity.delivered >= run.integrity.confirmed);
      assert.ok(run.figures.scrapes!.value! > 0);
      assert.ok(run.figures.scrapeBytes!.value! > 0);
    }
  });
});
