import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runSummary } from "../compare/run-fixture.ts";
import { brokermark } from "./cli.ts";

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brokermark-"));
});
after(() => rm(directory, { recursive: true }));

async function fileWith(name: string, document: unknown): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, JSON.stringify(document));
  return path;
}

const kafka = { name: "kafka", version: "4.3.1" };

test("compare sets the targets of several files side by side", async () => {
  const reference = await fileWith("a.json", {
    schemaVersion: 1,
    runs: [runSummary({ messagesPerSecond: 3e6 })],
  });
  const other = await fileWith("b.json", {
    schemaVersion: 1,
    runs: [runSummary({ messagesPerSecond: 1.5e6, target: kafka })],
  });
  const [text, json] = await Promise.all([
    brokermark("compare", reference, other),
    brokermark("compare", reference, other, "--json"),
  ]);
  assert.deepEqual([text.code, json.code], [0, 0], text.stderr);
  assert.match(text.stdout, /messages delivered intact +3\.00 M\/s +1\.50 M\/s +0\.500x/);
  const [load] = JSON.parse(json.stdout).loads;
  assert.equal(load.columns[1].ratios.throughput.median, 0.5);
});

test("where no run is valid and intact nothing is decided", async () => {
  const integrity = { verdict: "invalid" as const, lost: 1 };
  const run = runSummary({ messagesPerSecond: null, integrity });
  const { code, stdout } = await brokermark(
    "compare",
    await fileWith("lost.json", { schemaVersion: 1, runs: [run] }),
  );
  assert.equal(code, 3);
  assert.match(stdout, /run 1 is not counted \(integrity invalid: 1 lost\)/);
});

test("files that are no results, or of another version, end with 2", async () => {
  for (const [name, document, words] of [
    [
      "old.json",
      { schemaVersion: 0, runs: [] },
      /old\.json is no result: schemaVersion 0; this version reads 1/,
    ],
    ["other.json", { hello: 1 }, /other\.json is no result: it has no schemaVersion/],
  ] as const) {
    const { code, stderr } = await brokermark("compare", await fileWith(name, document));
    assert.equal(code, 2);
    assert.match(stderr, words);
  }
});
