import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { AMQP_CASES } from "../../conformance/amqp/catalogue.ts";
import { topicMatches } from "../../conformance/amqp/cases/routing.ts";
import { EXPECTATIONS } from "../../conformance/index.ts";
import { selectCases } from "../../src/conform/select.ts";

const ids = (globs: string[], level: "must" | "should" = "should") =>
  selectCases(AMQP_CASES, globs, level).map(({ id }) => id);

test("cases are chosen by glob and level", () => {
  assert.deepEqual(ids(["a-len-0?"]), ["A-LEN-01", "A-LEN-02", "A-LEN-03"]);
  assert.deepEqual(ids(["A-PRIO-*"], "must"), ["A-PRIO-02"]);
  assert.equal(ids([]).length, AMQP_CASES.length);
  assert.ok(ids([], "must").length < AMQP_CASES.length);
});

test("a glob that fits no case is an error: nothing would be checked", () => {
  assert.throws(() => ids(["A-PRIO-*", "B-*"]), { code: "USAGE", message: /no case is called B-\*/ });
  assert.throws(() => ids(["A.CONN.01"]), { code: "USAGE" });
});

/** Rows of the catalogue that only record (level I). */
const RECORDED_ONLY = new Set([
  ...["A-CONN-14", "A-EXCH-22", "A-QUEUE-12", "A-QUEUE-16", "A-PUB-12", "A-CONS-13", "A-CONS-22"],
  ...["A-TTL-04", "A-LEN-04", "A-TX-06"],
]);

const ROWS = {
  ...{ CONN: 19, FRAME: 15, EXCH: 24, QUEUE: 17, PUB: 12, CONS: 23, TTL: 6, DLX: 9, LEN: 4, PRIO: 2, TX: 6 },
  ...{ FLOW: 2, SEC: 3, DUR: 2 },
};

test("every must and should of the catalogue has a case, and no id is used twice", () => {
  const known = AMQP_CASES.map(({ id }) => id);
  assert.equal(new Set(known).size, known.length);
  for (const [group, count] of Object.entries(ROWS)) {
    for (let row = 1; row <= count; row++) {
      const id = `A-${group}-${String(row).padStart(2, "0")}`;
      if (!RECORDED_ONLY.has(id)) assert.ok(known.includes(id), id);
    }
  }
});

test("mutants and the cases that claim them agree", () => {
  const files = readdirSync(new URL("../../../reference-broker/mutants", import.meta.url));
  const mutants = files
    .map((file) => file.replace(".ts", ""))
    .filter((id) => !["index", "mutant", "alter-frames", "alter-topic-keys"].includes(id));
  const claimed = new Set(AMQP_CASES.flatMap(({ kills = [] }) => kills));
  assert.deepEqual([...claimed].sort(), mutants.sort());
  assert.ok(mutants.length >= 40);
});

test("expectation files name cases that exist", () => {
  const known = new Set(AMQP_CASES.map(({ id }) => id));
  for (const { deviations } of EXPECTATIONS)
    for (const id of Object.keys(deviations)) assert.ok(known.has(id), id);
});

test("the reference matcher of topics", () => {
  const matches = (pattern: string, key: string) => topicMatches(pattern.split("."), key.split("."));
  assert.ok(matches("a.#", "a") && matches("#.b", "a.a.b") && matches("a.*.b", "a..b"));
  assert.ok(!matches("a.*", "a") && !matches("*", "a.b") && !matches("a.b", "a.c"));
});
