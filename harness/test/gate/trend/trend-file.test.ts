import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { appendPoints, parseTrend, readTrendFile } from "../../../src/gate/trend/trend-file.ts";
import { pointsOf } from "./points.ts";

test("points are appended once, and come back as they were", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "brokermark-trend-"));
  try {
    const file = path.join(directory, "sub", "trend.jsonl");
    const points = pointsOf([0.01, -0.02, 0.03]);
    assert.equal((await appendPoints(file, points.slice(0, 2))).length, 2);
    const bytes = await readFile(file, "utf8");
    assert.deepEqual(await appendPoints(file, points), points.slice(2));
    assert.ok((await readFile(file, "utf8")).startsWith(bytes), "what was there stays as it was");
    assert.deepEqual(await readTrendFile(file), points);
    assert.deepEqual(await appendPoints(file, points), []);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("what is no point is refused with its line", () => {
  const [good] = pointsOf([0.01]).map((point) => JSON.stringify(point));
  const cases: readonly [string, RegExp][] = [
    [`${good}\n${good!.slice(0, 50)}`, /t\.jsonl: line 2 is no trend point/],
    [`{"schemaVersion":2}\n`, /line 1 .*schemaVersion 2; this brokermark reads 1/],
    [`${good!.replace('"cpuPerMessage"', '"speed"')}\n`, /line 1 .*metric/],
    [`\n${good}\n`, /line 1/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseTrend(text, "t.jsonl"), { code: "RESULT_INVALID", message }, text);
  }
});

test("a missing file is none", async () => {
  await assert.rejects(readTrendFile("/no/such/trend.jsonl"), { code: "RESULT_INVALID" });
});
