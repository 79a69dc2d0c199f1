import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { findRelativeImports, judgeImport } from "../src/import-rules.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

function sourceFiles(): string[] {
  const patterns = ["ci", "harness", "reports", "reference-broker"].map((folder) => `${folder}/**/*.ts`);
  return fs.globSync(patterns, { cwd: ROOT });
}

test("imports point one way", () => {
  const problems: string[] = [];
  let imports = 0;
  for (const from of sourceFiles()) {
    for (const specifier of findRelativeImports(fs.readFileSync(path.join(ROOT, from), "utf8"))) {
      imports++;
      const problem = judgeImport({ from, to: path.join(path.dirname(from), specifier) });
      if (problem !== null) problems.push(problem);
    }
  }
  assert.ok(imports > 100, `only ${imports} imports seen: the search is broken`);
  assert.deepEqual(problems, []);
});

test("forbidden directions are told", () => {
  const forbidden = [
    ["harness/src/run/a.ts", "reference-broker/src/main.ts"],
    ["reports/src/a.ts", "harness/src/result/schema.ts"],
    ["reference-broker/src/engines/log/a.ts", "reference-broker/src/protocols/kafka/api-table.ts"],
    ["reference-broker/src/mechanisms/a.ts", "reference-broker/src/engines/log/contract.ts"],
    ["harness/src/result/a.ts", "harness/src/commands/run.ts"],
    ["harness/test/a.test.ts", "reference-broker/src/main.ts"],
  ];
  for (const [from, to] of forbidden)
    assert.notEqual(judgeImport({ from: from!, to: to! }), null, `${from} -> ${to}`);
  const allowed = [
    ["harness/src/report/html.ts", "reports/src/render.ts"],
    ["reference-broker/src/protocols/kafka/a.ts", "reference-broker/src/engines/log/contract.ts"],
    ["harness/src/commands/run.ts", "harness/src/result/schema.ts"],
  ];
  for (const [from, to] of allowed)
    assert.equal(judgeImport({ from: from!, to: to! }), null, `${from} -> ${to}`);
});

test("static, type, side-effect and dynamic imports are seen", () => {
  const source = `import a from "./a.ts"; import { type B } from '../b.ts';\nexport * from "./c.ts"; await import("./d.ts"); import "./e.ts";`;
  assert.deepEqual(findRelativeImports(source), ["./a.ts", "../b.ts", "./c.ts", "./d.ts", "./e.ts"]);
});
