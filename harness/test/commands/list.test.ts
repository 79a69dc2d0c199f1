import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadScenario, scenarioNames } from "../../src/scenario/load.ts";
import { brokermark } from "./cli.ts";

test("list shows the question each scenario answers, and its profiles", async () => {
  const [text, json] = await Promise.all([brokermark("list"), brokermark("list", "--json")]);
  assert.deepEqual([text.code, json.code], [0, 0]);
  const { scenarios } = JSON.parse(json.stdout);
  const names = await scenarioNames();
  assert.deepEqual(
    scenarios.map(({ name }: { name: string }) => name),
    names,
  );
  for (const { name, question, profiles } of scenarios) {
    assert.equal(question, (await loadScenario(name)).question);
    assert.ok(text.stdout.replaceAll(/\s+/g, " ").includes(question));
    for (const profile of profiles) assert.ok(text.stdout.includes(profile.name));
  }
});

test("list NAME shows a profile's sweep and parameters", async () => {
  const { code, stdout } = await brokermark("list", "megabatch");
  assert.equal(code, 0);
  assert.match(stdout, /standard: 16 KiB[\s\S]*sweep of 4:\n {4}codec lz4, acks 0\n/);
});

test("mistakes in a file of one's own end with 2 and their line", async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-"));
  try {
    const file = join(directory, "own.yaml");
    await writeFile(file, "name: own\nquestion: Is it?\nprofils: {}\n");
    const { code, stdout, stderr } = await brokermark("list", file);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.ok(stderr.includes(`${file}:3:1: unknown key "profils"; did you mean profiles?`), stderr);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("schema prints what editors need", async () => {
  const { code, stdout } = await brokermark("schema");
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).$schema, "https://json-schema.org/draft/2020-12/schema");
});
