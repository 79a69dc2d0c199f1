import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseRuns, readRuns } from "../../src/compare/read-runs.ts";
import { HarnessError } from "../../src/errors.ts";
import { runSummary } from "./run-fixture.ts";

const document = JSON.stringify({ schemaVersion: 1, runs: [runSummary(), runSummary({ repetition: 2 })] });
const invalid = (message: RegExp) => (error: unknown) =>
  error instanceof HarnessError && error.code === "RESULT_INVALID" && message.test(error.message);

test("a run document gives its runs, a directory those of its files", async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-"));
  try {
    await writeFile(join(directory, "b.json"), document);
    await writeFile(join(directory, "a.json"), document);
    await writeFile(join(directory, "report.html"), "");
    const runs = await readRuns([directory]);
    assert.deepEqual(
      runs.map(({ source, run }) => [source, run.repetition]),
      ["a.json", "b.json"].flatMap((name) => [1, 2].map((repetition) => [join(directory, name), repetition])),
    );
    await rm(join(directory, "a.json"));
    await rm(join(directory, "b.json"));
    await assert.rejects(readRuns([directory]), invalid(/no \.json file/));
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("what is no result is refused with its name and the reason", async () => {
  await assert.rejects(readRuns(["/nonexistent/x.json"]), invalid(/^\/nonexistent\/x\.json .*no such file/));
  assert.throws(() => parseRuns("{", "x.json"), invalid(/x\.json is no result: not JSON/));
  assert.throws(() => parseRuns("[]", "x.json"), invalid(/no schemaVersion/));
  assert.throws(() => parseRuns("null", "x.json"), invalid(/no schemaVersion/));
  assert.throws(
    () => parseRuns('{"schemaVersion":2,"runs":[]}', "x.json"),
    invalid(/schemaVersion 2; .* reads 1/),
  );
  assert.throws(() => parseRuns('{"schemaVersion":1,"runs":[{}]}', "x.json"), invalid(/runs\.0\.scenario/));
  assert.throws(() => parseRuns('{"schemaVersion":1,"kind":"other"}', "x.json"), invalid(/kind/));
});
