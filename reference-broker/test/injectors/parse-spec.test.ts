import assert from "node:assert/strict";
import { test } from "node:test";
import { INJECTOR_KINDS } from "../../injectors/index.ts";
import { parseSpec, readParameters } from "../../injectors/parse-spec.ts";

const PARAMETERS = {
  ns: { doc: "nanoseconds of busy loop", min: 1, max: 1000, default: null },
  every: { doc: "messages", min: 1, max: 10, default: 3 },
};

function read(text: string): Record<string, number> {
  return readParameters(text, parseSpec(text, INJECTOR_KINDS), PARAMETERS);
}

test("values are read, what is left out has its default", () => {
  assert.deepEqual(read("cpu:ns=17,every=2"), { ns: 17, every: 2 });
  assert.deepEqual(read("cpu:ns=1000"), { ns: 1000, every: 3 });
});

test("a wrong word is told with the nearest right one", () => {
  const cases: readonly [string, RegExp][] = [
    ["cpux:ns=1", /--inject cpux:ns=1: no injector is called "cpux"\. Did you mean cpu\?/],
    ["xyzzyx", /there are cpu, cpu-share, delay, leak, slow-start, stall/],
    ["cpu:evry=1,ns=1", /cpu has no evry\. Did you mean every\?/],
    ["cpu:every=1", /ns is missing: nanoseconds of busy loop \(1\.\.1000\)/],
    ["cpu", /ns is missing/],
    ["cpu:ns", /"ns" is no name=value/],
    ["cpu:ns=1,ns=2", /ns is given twice/],
    ["cpu:ns=0", /ns=0: expected a whole number/],
    ["cpu:ns=1e2", /ns=1e2: expected a whole number/],
    ["cpu:ns=1001", /\(1\.\.1000\)/],
  ];
  for (const [text, expected] of cases) {
    assert.throws(() => read(text), { code: "BAD_OPTION", message: expected }, text);
  }
});
