import assert from "node:assert/strict";
import { test } from "node:test";
import { isReadingDone } from "../../src/load-processes/consumer.ts";

const AT_END = { atEnd: true, missing: 0, final: true, quietUs: 0 };

test("when every batch is confirmed the log end is the end, lost messages or not", () => {
  assert.equal(isReadingDone(AT_END), true);
  assert.equal(isReadingDone({ ...AT_END, missing: 5 }), true);
  assert.equal(isReadingDone({ ...AT_END, atEnd: false }), false);
});

test("while the log may grow, what is missing is waited for until it is quiet", () => {
  const growing = { ...AT_END, final: false, missing: 1 };
  assert.equal(isReadingDone({ ...growing, quietUs: 1e6 }), false);
  assert.equal(isReadingDone({ ...growing, quietUs: 2e6 }), true);
  assert.equal(isReadingDone({ ...growing, missing: 0, quietUs: 1000 }), true);
});
