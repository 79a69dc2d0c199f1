import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isBase64, numberOf, parseJson } from "../../../src/protocols/http/json-body.ts";

test("property: what was parsed is written again as it was, numbers of any length too", () => {
  const number = fc.oneof(
    fc.bigInt().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc
      .tuple(fc.integer(), fc.integer({ min: 0 }), fc.integer({ min: -400, max: 400 }))
      .map(([whole, part, exponent]) => `${whole}.${part}e${exponent}`),
  );
  const { text } = fc.letrec<{ text: string; array: string; object: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 4 },
      number,
      fc.string({ unit: "binary" }).map((value) => JSON.stringify(value)),
      fc.constantFrom("null", "true", "false"),
      tie("array"),
      tie("object"),
    ),
    array: fc.array(tie("text"), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    // Names that are no array indices, which JavaScript would put first.
    object: fc
      .uniqueArray(
        fc.string().filter((name) => !/^\d+$/.test(name)),
        { maxLength: 4 },
      )
      .chain((names) =>
        fc.tuple(...names.map(() => tie("text"))).map((values) => {
          return `{${names.map((name, i) => `${JSON.stringify(name)}:${values[i]}`).join()}}`;
        }),
      ),
  }));
  fc.assert(
    fc.property(text, (written) => {
      assert.equal(JSON.stringify(parseJson(Buffer.from(written))), written);
    }),
    { verbose: 1 },
  );
});

test("property: numberOf reads numbers however they were written", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const written = Object.is(value, -0) ? "-0" : String(value);
      assert.equal(numberOf(parseJson(Buffer.from(written))), value);
    }),
  );
  for (const other of ["text", null, { rawJSON: "7" }, [7]]) assert.equal(numberOf(other), null);
});

test("property: base64 is what Buffer writes, and nothing else", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => isBase64(Buffer.from(bytes).toString("base64"))));
  for (const wrong of ["a", "ab", "abc", "ab=c", "a===", "====", "ab c", "ab-_", "YWJj\n"]) {
    assert.equal(isBase64(wrong), false, wrong);
  }
});
