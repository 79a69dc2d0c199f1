/** The load processes against real brokers: Apache Kafka, which decompresses and validates, and the reference. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LatencyHistogram } from "../../src/measure/histogram.ts";
import type { Codec } from "../../src/scenario/plan.ts";
import { TARGETS } from "../../src/targets/catalog.ts";
import { type LoadRun, runLoad } from "../load-processes/load-processes.ts";

const CODECS: readonly Codec[] = ["none", "gzip", "snappy", "lz4", "zstd"];
const hasKcat = spawnSync("kcat", ["-V"]).status === 0;

function assertIntact({ published, consumed, logEnd }: LoadRun): void {
  assert.ok(published.publishedMessages > 0);
  assert.deepEqual(published.errors, {});
  assert.equal(published.confirmedMessages, published.publishedMessages);
  const { delivered, lost, duplicated, reordered, corrupted, foreign, timedOut } = consumed;
  assert.deepEqual(
    { delivered, lost, duplicated, reordered, corrupted, foreign, timedOut },
    {
      delivered: published.publishedMessages,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      corrupted: 0,
      foreign: 0,
      timedOut: false,
    },
  );
  assert.ok(logEnd <= published.publishedMessages);
}

for (const name of ["kafka", "reference"] as const) {
  const { installed, howToInstall } = await TARGETS[name].describe();
  const skip = installed ? false : `${name} is not installed: ${howToInstall}`;

  test(`load on ${name}`, { skip }, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
    const signal = new AbortController().signal;
    const target = await TARGETS[name].start({
      directory,
      protocol: "kafka",
      durability: "os",
      options: {},
      signal,
    });
    const { endpoint } = target;
    try {
      for (const codec of CODECS) {
        await t.test(`${codec}, acks all, idempotent: read back intact`, async () => {
          const topic = `intact-${codec}`;
          const run = await runLoad({
            endpoint,
            topic,
            parameters: { codec, acks: "all", idempotent: true },
          });
          assertIntact(run);
          assert.equal(run.logEnd, run.published.publishedMessages);
          if (!hasKcat) return t.diagnostic("kcat is not installed: librdkafka does not read along");
          const values = kcatValueSizes(`${endpoint.host}:${endpoint.port}`, topic);
          assert.equal(values.length, run.published.publishedMessages);
          assert.ok(values.every((size) => size === 100));
        });
      }

      await t.test("acks 0: what was published is read back", async () => {
        const run = await runLoad({ endpoint, topic: "acks-0", parameters: { acks: 0 } });
        assertIntact(run);
        assert.equal(run.published.histograms.publish, null);
      });

      await t.test("batches of a mebibyte and of a kibibyte", async () => {
        const large = await runLoad({
          endpoint,
          topic: "large",
          parameters: { batchBytes: 2 ** 20, maxInFlight: 100 },
          maxBytes: 40e6,
        });
        assertIntact(large);
        assert.ok(large.ready.batch !== null && large.ready.batch.records > 20_000);
        assertIntact(
          await runLoad({ endpoint, topic: "small", parameters: { batchBytes: 1024, producers: 1 } }),
        );
      });

      await t.test("open loop: the schedule's messages, each with its latencies", async () => {
        const run = await runLoad({
          endpoint,
          topic: "open",
          parameters: { ratePerSecond: 5000 },
          durationMs: 1000,
        });
        assertIntact(run);
        const { response, service } = run.consumed.histograms;
        assert.equal(countOf(response), run.consumed.delivered);
        assert.equal(countOf(service), run.consumed.delivered);
        // What was due and could not be sent counts too.
        assert.ok(countOf(run.published.histograms.scheduleLag) >= run.published.publishedMessages);
      });

      await t.test("driver kafkajs", async () => {
        assertIntact(
          await runLoad({ endpoint, topic: "kafkajs", driver: "kafkajs", parameters: { codec: "gzip" } }),
        );
      });

      await t.test("refused batches are unconfirmed, and not lost", async () => {
        const { published, consumed } = await runLoad({
          endpoint,
          topic: "refused",
          topicConfigs: { "max.message.bytes": "1000" },
          maxBytes: 1e6,
        });
        assert.equal(published.confirmedMessages, 0);
        assert.deepEqual(Object.keys(published.errors), ["MESSAGE_TOO_LARGE"]);
        for (const outcome of published.outcomes) {
          assert.equal(outcome.unconfirmedBatches.length, outcome.publishedBatches);
        }
        assert.equal(consumed.delivered, 0);
        assert.equal(consumed.lost, 0);
      });
    } finally {
      await target[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    }
  });
}

function countOf(histogram: string | null): number {
  assert.ok(histogram !== null);
  return LatencyHistogram.decode(histogram).count;
}

/** Sizes of all values in a topic, as librdkafka reads them with CRC checks on. */
function kcatValueSizes(broker: string, topic: string): number[] {
  const args = [
    "-b",
    broker,
    "-C",
    "-t",
    topic,
    "-o",
    "beginning",
    "-e",
    "-q",
    "-X",
    "check.crcs=true",
    "-f",
    "%S\n",
  ];
  const { stdout, status, stderr } = spawnSync("kcat", args, { encoding: "utf8", maxBuffer: 2 ** 28 });
  assert.equal(status, 0, stderr);
  return stdout.trim().split("\n").map(Number);
}
