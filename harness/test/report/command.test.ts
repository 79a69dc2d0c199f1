import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../src/exit-codes.ts";
import { storeResult } from "../../src/result/store.ts";
import { sampleResult } from "./sample-results.ts";

const CLI = fileURLToPath(new URL("../../bin/dev.ts", import.meta.url));

function report(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, "report", ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test("report writes the page and tells its headline, in words or as one JSON document", async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-report-"));
  try {
    const page = join(directory, "page.html");
    await storeResult(directory, sampleResult());
    await storeResult(directory, sampleResult({ target: "kafka", messagesPerSecond: 1_500_000 }));
    const words = await report(directory, "--output", page);
    assert.equal(words.code, EXIT.done, words.stderr);
    assert.match(words.stdout, /^The reference broker delivers 2\.00× .*\n.*page\.html: 2 runs\n$/);
    assert.match(
      await readFile(page, "utf8"),
      /<title>Brokermark: megabatch on reference and kafka<\/title>/,
    );
    const json = JSON.parse((await report(directory, "-o", page, "--json")).stdout);
    assert.deepEqual([json.schemaVersion, json.reportFile, json.runs], [1, page, 2]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("report without a result ends as inconclusive, with a path that is none as usage", async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-report-"));
  try {
    assert.equal((await report(directory)).code, EXIT.inconclusive);
    assert.equal((await report(join(directory, "absent.json"))).code, EXIT.usage);
  } finally {
    await rm(directory, { recursive: true });
  }
});
