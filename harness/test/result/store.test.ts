import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { HarnessError } from "../../src/errors.ts";
import type { ResultFile } from "../../src/result/schema.ts";
import { loadResult, resultFileName, storeResult } from "../../src/result/store.ts";

const result: ResultFile = {
  schemaVersion: 1,
  kind: "brokermark-result",
  createdAt: "2026-11-21T01:21:00.123Z",
  command: "brokermark run megabatch",
  plan: {},
  summary: {
    scenario: "megabatch",
    profile: "standard",
    protocol: "kafka",
    driver: "kafka",
    mode: "closed",
    repetition: 2,
    parameters: { acks: 1 },
    target: { name: "external:host=10.0.0.5,port=9092", version: "4.3.1", durability: null },
    validity: { verdict: "valid", reasons: [] },
    integrity: {
      verdict: "valid",
      published: 1,
      confirmed: 1,
      delivered: 1,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      corrupted: 0,
      dropped: 0,
      expired: 0,
    },
    throughput: {
      messagesPerSecond: 1,
      payloadBytesPerSecond: 1,
      wireBytesPerSecond: 1,
      compressionRatio: null,
    },
    latencyUs: { response: null, service: null, publish: null, scheduleLag: null },
    cost: {
      cpuSecondsPerMillionMessages: null,
      peakRssBytes: null,
      bytesWrittenPerPayloadByte: null,
      rssBytesPerSubscriber: null,
    },
    ratioToReference: null,
    generatorCeiling: null,
    sinkPeakRssBytes: null,
    phases: [],
    figures: {},
    resultFile: null,
  },
  environment: {},
  target: { configuration: {}, durabilityEvidence: "", notes: [], startupMs: 1 },
  histograms: { response: null, service: null, publish: null, scheduleLag: null },
  windows: { publish: [], consume: [] },
  phases: [],
  evidence: {},
  examples: [],
};

describe("result files", () => {
  let directory = "";
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "brokermark-store-"));
  });
  after(() => rm(directory, { recursive: true }));

  test("are named by time and what was run, in characters any file system takes", () => {
    assert.equal(
      resultFileName(result),
      "20261121T012100123Z-megabatch-standard-external_host_10.0.0.5_port_9092-2.json",
    );
  });

  test("come back as they were stored, with their own path", async () => {
    const stored = await storeResult(join(directory, "new", "deep"), result);
    assert.match(stored.summary.resultFile ?? "", /new\/deep\/20261121T.*\.json$/);
    assert.deepEqual(await loadResult(stored.summary.resultFile!), stored);
  });

  test("never take the place of one another, and leave no draft", async () => {
    const into = join(directory, "same");
    const paths = await Promise.all(
      [1, 2, 3].map(async () => (await storeResult(into, result)).summary.resultFile),
    );
    assert.equal(new Set(paths).size, 3);
    assert.equal((await readdir(into)).length, 3);
  });

  test("that are none are refused with file and place", async () => {
    const path = join(directory, "bad.json");
    const refused = (pattern: RegExp) => (error: HarnessError) =>
      error.code === "RESULT_INVALID" && error.message.includes(path) && pattern.test(error.message);
    await writeFile(path, JSON.stringify({ ...result, summary: { ...result.summary, mode: "ajar" } }));
    await assert.rejects(loadResult(path), refused(/summary\.mode/));
    await writeFile(path, "{");
    await assert.rejects(loadResult(path), refused(/cannot be read/));
  });
});
