import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseScenario } from "../../src/scenario/parse.ts";
import { ScenarioError } from "../../src/scenario/problems.ts";
import { assertGolden } from "../golden.ts";

const golden = (name: string) => new URL(`golden/${name}`, import.meta.url);

function failureOf(text: string, file: string): ScenarioError {
  try {
    parseScenario(text, file);
  } catch (error) {
    assert.ok(error instanceof ScenarioError, String(error));
    return error;
  }
  throw new Error(`${file} was accepted`);
}

for (const name of ["mistyped", "impossible", "not-yaml"]) {
  test(`every mistake in ${name}.scenario is named with its line and what was meant`, () => {
    const error = failureOf(readFileSync(golden(`${name}.scenario`), "utf8"), `${name}.yaml`);
    assert.equal(error.exitCode, 2);
    assertGolden(error.message, golden(`${name}.stderr`));
  });
}

test("text that is no map of keys is refused without an exception of its own", () => {
  for (const text of ["", "- a\n- b", "just words", "42", "null", "? [1, 2]\n: 3"]) {
    const { problems } = failureOf(text, "x.yaml");
    assert.ok(problems.length > 0 && problems.every(({ line, column }) => line >= 1 && column >= 1), text);
  }
});

test("aliases that multiply without end are refused, not expanded", () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) => `a${n}: &a${n} [${Array(10).fill(n === 0 ? "x" : `*a${n - 1}`)}]`,
  );
  const { message } = failureOf(levels.join("\n"), "x.yaml");
  assert.match(message, /^x\.yaml:1:1: not YAML: Excessive alias count/);
});

test("each line and column points at the word in question", () => {
  const text = readFileSync(golden("mistyped.scenario"), "utf8");
  const lines = text.split("\n");
  const words = failureOf(text, "mistyped.yaml").problems.map(({ line, column, length }) =>
    lines[line - 1]!.slice(column - 1, column - 1 + length),
  );
  for (const word of ["sead", "maxInflight", "codecs", "100KB", "60 s", "log-lod"]) {
    assert.ok(words.includes(word), `${word} is not among ${words.join(", ")}`);
  }
});
