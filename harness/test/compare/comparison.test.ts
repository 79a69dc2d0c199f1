import assert from "node:assert/strict";
import { test } from "node:test";
import { type ComparedRun, compareRuns } from "../../src/compare/comparison.ts";
import type { RunSummary } from "../../src/result/schema.ts";
import { runSummary } from "./run-fixture.ts";

const kafka = { name: "kafka", version: "4.3.1" };
const compared = (run: RunSummary, notes: string[] = []): ComparedRun => ({
  run,
  notes,
  source: "results/a.json",
});

test("ratios are taken within repetitions, so a drift that hits both targets leaves them alone", () => {
  const drift = [1, 0.5, 2, 0.8, 1.5, 0.7, 1.2];
  const runs = drift.flatMap((factor, index) => [
    compared(runSummary({ repetition: index + 1, messagesPerSecond: 3_000_000 * factor })),
    compared(runSummary({ repetition: index + 1, messagesPerSecond: 1_500_000 * factor, target: kafka })),
  ]);
  const [load] = compareRuns(runs);
  const [reference, other] = load!.columns;
  assert.equal(reference!.ratios, null);
  assert.equal(reference!.metrics.throughput!.median, 3_000_000);
  assert.deepEqual(other!.ratios!.throughput, {
    count: 7,
    median: 0.5,
    min: 0.5,
    max: 0.5,
    interval: { low: 0.5, high: 0.5, confidence: 1 - 2 / 128 },
  });
});

test("a run that is not intact is named and not counted, nor is the repetition's ratio", () => {
  const lossy = { verdict: "invalid" as const, lost: 3 };
  const [load] = compareRuns([
    compared(runSummary({ repetition: 1, messagesPerSecond: 100 })),
    compared(runSummary({ repetition: 2, messagesPerSecond: 200 })),
    compared(runSummary({ repetition: 1, messagesPerSecond: null, target: kafka, integrity: lossy })),
    compared(runSummary({ repetition: 2, messagesPerSecond: 50, target: kafka })),
  ]);
  const other = load!.columns[1]!;
  assert.equal(other.used, 1);
  assert.deepEqual(other.excluded, [
    { source: "results/a.json", repetition: 1, reasons: ["integrity invalid: 3 lost"] },
  ]);
  assert.equal(other.ratios!.throughput!.median, 0.25);
  assert.equal(other.ratios!.throughput!.interval, null);
});

test("unequal durability classes are marked, and equal ones are compared where the reference has both", () => {
  const [unequal] = compareRuns([
    compared(runSummary()),
    compared(runSummary({ target: { ...kafka, durability: "fsync" } })),
  ]);
  assert.equal(unequal!.durabilityDiffers, true);
  assert.equal(unequal!.columns[1]!.durabilityDiffers, true);

  const [both] = compareRuns([
    compared(runSummary({ messagesPerSecond: 400 })),
    compared(runSummary({ messagesPerSecond: 100, target: { durability: "fsync" } })),
    compared(runSummary({ messagesPerSecond: 200, target: { ...kafka, durability: "fsync" } })),
  ]);
  const last = both!.columns[2]!;
  assert.equal(last.durabilityDiffers, false);
  assert.equal(last.ratios!.throughput!.median, 2);
});

test("loads that differ in any parameter are compared apart", () => {
  const loads = compareRuns([
    compared(runSummary({ parameters: { acks: 1 } })),
    compared(runSummary({ parameters: { acks: "all" } })),
    compared(runSummary({ parameters: { acks: 1 }, profile: "standard-quick" })),
  ]);
  assert.deepEqual(
    loads.map(({ profile, parameters }) => [profile, parameters.acks]),
    [
      ["standard", 1],
      ["standard", "all"],
      ["standard-quick", 1],
    ],
  );
});

test("the second run of a repetition is paired with the second of the reference", () => {
  const [load] = compareRuns([
    compared(runSummary({ messagesPerSecond: 100 })),
    compared(runSummary({ messagesPerSecond: 200, target: kafka })),
    compared(runSummary({ messagesPerSecond: 10 })),
    compared(runSummary({ messagesPerSecond: 30, target: kafka })),
    compared(runSummary({ messagesPerSecond: 7, target: kafka })),
  ]);
  const { count, min, max } = load!.columns[1]!.ratios!.throughput!;
  assert.deepEqual([count, min, max], [2, 2, 3]);
});

test("a load that two protocols carry is one load, and each is compared with the reference over its own", () => {
  const rabbitmq = { name: "rabbitmq", version: "4.0.5" };
  const over = (protocol: string, target: typeof rabbitmq | null, rate: number) => ({
    ...runSummary({ messagesPerSecond: rate, ...(target === null ? {} : { target }) }),
    protocol,
    driver: protocol,
  });
  const runs = [
    over("kafka", null, 1_000_000),
    over("kafka", kafka, 500_000),
    over("amqp", null, 200_000),
    over("amqp", rabbitmq, 20_000),
  ];
  const loads = compareRuns(runs.map((run) => compared(run)));
  assert.equal(loads.length, 1);
  assert.deepEqual(loads[0]!.protocols, ["kafka", "amqp"]);
  assert.deepEqual(
    loads[0]!.columns.map(({ target, protocol, ratios }) => [
      target.name,
      protocol,
      ratios?.throughput?.median,
    ]),
    [
      ["reference", "kafka", undefined],
      ["reference", "amqp", undefined],
      ["kafka", "kafka", 0.5],
      ["rabbitmq", "amqp", 0.1],
    ],
  );
});

test("a library is another client than our own driver", () => {
  const own = runSummary({});
  const loads = compareRuns([compared(own), compared({ ...own, driver: "kafkajs" })]);
  assert.equal(loads.length, 2);
});
