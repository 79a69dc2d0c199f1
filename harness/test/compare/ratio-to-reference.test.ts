import assert from "node:assert/strict";
import { test } from "node:test";
import { ratioToReference } from "../../src/compare/ratio-to-reference.ts";
import { runSummary } from "./run-fixture.ts";

const kafka = { name: "kafka", version: "4.3.1" };

test("each run is set against the reference run of its own repetition", () => {
  const filled = ratioToReference([
    runSummary({ repetition: 1, messagesPerSecond: 1000, cpu: 2 }),
    runSummary({ repetition: 1, messagesPerSecond: 500, cpu: 3, target: kafka }),
    runSummary({ repetition: 2, messagesPerSecond: 700, target: kafka, cpu: null }),
    runSummary({ repetition: 2, messagesPerSecond: 2800, cpu: 2 }),
  ]).map(({ ratioToReference: ratio }) => ratio);
  assert.deepEqual(filled, [
    { throughput: 1, responseP99: null, cpu: 1 },
    { throughput: 0.5, responseP99: null, cpu: 1.5 },
    { throughput: 0.25, responseP99: null, cpu: null },
    { throughput: 1, responseP99: null, cpu: 1 },
  ]);
});

test("without a reference run of equal load and repetition there is no ratio", () => {
  const other = { producers: 4, batchBytes: 16384, codec: "none", acks: 1, ratePerSecond: null };
  const filled = ratioToReference([
    runSummary({ repetition: 1 }),
    runSummary({ repetition: 2, target: kafka }),
    runSummary({ repetition: 1, target: kafka, parameters: other }),
    runSummary({ repetition: 1, target: kafka, profile: "single" }),
    runSummary({ repetition: 1, target: { ...kafka, name: "reference:shards=2" } }),
  ]);
  assert.deepEqual(
    filled.map(({ ratioToReference: ratio }) => ratio?.throughput ?? null),
    [1, null, null, null, 1],
  );
});

test("the order of keys in parameters makes no other load", () => {
  const [, ratio] = ratioToReference([
    runSummary({ parameters: { acks: 1, codec: "lz4" } }),
    runSummary({ parameters: { codec: "lz4", acks: 1 }, target: kafka, messagesPerSecond: 2_000_000 }),
  ]).map(({ ratioToReference: found }) => found);
  assert.equal(ratio?.throughput, 2);
});

test("a run that is not valid, or whose reference is not intact, has no ratio", () => {
  const unstable = { verdict: "unstable" as const, reasons: ["windows differ by 12 %"] };
  const filled = ratioToReference([
    runSummary({ repetition: 1 }),
    runSummary({ repetition: 1, target: kafka, validity: unstable }),
    runSummary({ repetition: 2, messagesPerSecond: null, integrity: { verdict: "invalid", lost: 1 } }),
    runSummary({ repetition: 2, target: kafka }),
  ]);
  assert.deepEqual(
    filled.map(({ ratioToReference: ratio }) => ratio),
    [{ throughput: 1, responseP99: null, cpu: 1 }, null, null, null],
  );
});
