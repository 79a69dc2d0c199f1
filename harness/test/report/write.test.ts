import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { HarnessError } from "../../src/errors.ts";
import { collectResults } from "../../src/report/collect.ts";
import { writeHtmlReport } from "../../src/report/write.ts";
import { storeResult } from "../../src/result/store.ts";
import { sampleResult } from "./sample-results.ts";

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-report-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const fails = (code: string) => (error: unknown) => error instanceof HarnessError && error.code === code;

test("stored results of a directory become a page, each file once, oldest first", () =>
  inDirectory(async (directory) => {
    const late = await storeResult(directory, sampleResult({ repetition: 2 }));
    await storeResult(directory, sampleResult({ repetition: 1 }));
    const results = await collectResults([
      directory,
      join(directory, late.summary.resultFile!.split("/").at(-1)!),
    ]);
    assert.deepEqual(
      results.map(({ summary }) => summary.repetition),
      [1, 2],
    );
    const path = join(directory, "deeper", "report.html");
    const model = await writeHtmlReport(results, path);
    const page = await readFile(path, "utf8");
    assert.ok(page.startsWith("<!doctype html>"));
    assert.ok(page.includes(model.verdict.headline));
    assert.ok(page.includes("Chart.js v"));
  }));

test("what cannot be reported is an error with a code", () =>
  inDirectory(async (directory) => {
    await assert.rejects(collectResults([directory]), fails("NOTHING_EXECUTED"));
    await assert.rejects(collectResults([join(directory, "absent.json")]), fails("RESULT_INVALID"));
    await writeFile(join(directory, "other.json"), '{"schemaVersion":1}');
    await assert.rejects(collectResults([directory]), fails("RESULT_INVALID"));
  }));
