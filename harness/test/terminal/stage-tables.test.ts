import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunSummary } from "../../src/result/schema.ts";
import { renderStages } from "../../src/terminal/stage-tables.ts";
import { runSummary } from "../compare/run-fixture.ts";
import { assertGolden } from "../golden.ts";

function staged(name: string, factor: number): RunSummary {
  const run = runSummary({ target: { name, version: "1.0" } });
  const latency = { ...run.latencyUs.publish!, p99: Math.round(1500 * factor) };
  const rss = { beginBytes: 50e6 * factor, peakBytes: 180e6 * factor, endBytes: 90e6 * factor };
  return {
    ...run,
    phases: [
      {
        name: "grow",
        durationMs: 12_345 * factor,
        messages: 1_000_000,
        messagesPerSecond: 81_000 / factor,
        latencyUs: { response: null, publish: latency },
        rss,
      },
      {
        name: "empty",
        durationMs: 1_500,
        messages: null,
        messagesPerSecond: null,
        latencyUs: { response: null, publish: null },
        rss: { beginBytes: null, peakBytes: null, endBytes: null },
      },
    ],
    figures: {
      growthRate: { value: 81_000 / factor, note: null },
      deepest: { value: 1_000_000, note: null },
      bytesPerMessage: { value: 48.2 * factor, note: "derived from memory" },
      cacheHitRate: { value: null, note: `told by no target called ${name}` },
    },
  };
}

test("stages of targets beside one another, figures with their notes", () => {
  const runs = [staged("reference", 1), staged("rabbitmq", 4)];
  assertGolden(renderStages(runs, []).join("\n\n"), new URL("golden/stage-tables.stdout", import.meta.url));
});

test("nothing of runs that have none", () => assert.deepEqual(renderStages([runSummary()], []), []));
