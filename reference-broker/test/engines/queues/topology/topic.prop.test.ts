import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Destination, Exchange } from "../../../../src/engines/queues/topology/exchange.ts";
import { TopicBindings } from "../../../../src/engines/queues/topology/topic-bindings.ts";
import { messageOf } from "../engine/test-engine.ts";

/** The definition of a topic match, read aloud. An empty key has no words. */
function matches(pattern: readonly string[], words: readonly string[]): boolean {
  if (pattern.length === 0) return words.length === 0;
  const [first, ...rest] = pattern;
  if (first === "#") return matches(rest, words) || (words.length > 0 && matches(pattern, words.slice(1)));
  return words.length > 0 && (first === "*" || first === words[0]) && matches(rest, words.slice(1));
}

const wordsOf = (key: string): string[] => (key === "" ? [] : key.split("."));

const MESSAGE = messageOf("x", "");
const word = fc.constantFrom("", "a", "b", "aa", "*a");
const key = fc.array(word, { maxLength: 7 }).map((words) => words.join("."));
const pattern = fc
  .array(fc.oneof(word, fc.constantFrom("*", "#", "#")), { maxLength: 7 })
  .map((words) => words.join("."));

function makeExchange(name: string): Exchange {
  const rest = { durable: false, autoDelete: false, internal: false, arguments: [] };
  return new Exchange({ name, type: "fanout", ...rest });
}

function collect(bindings: TopicBindings, routingKey: string): Set<Destination> {
  const found: Destination[] = [];
  bindings.collect([routingKey], MESSAGE, found);
  return new Set(found);
}

test("the trie finds what the definition says, also after bindings are gone", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(pattern, fc.boolean()), { maxLength: 12 }),
      fc.array(key, { minLength: 1, maxLength: 8 }),
      (bound, keys) => {
        const bindings = new TopicBindings();
        const source = makeExchange("x");
        const records = bound.map(([routingKey], index) => {
          const destination = makeExchange(String(index));
          return { source, destination, routingKey, arguments: [], identity: String(index) };
        });
        for (const record of records) bindings.add(record);
        bound.forEach(([, isRemoved], index) => {
          if (isRemoved) bindings.remove(records[index]!);
        });
        const live = records.filter((_, index) => !bound[index]![1]);
        for (const routingKey of keys) {
          const expected = live.filter((record) => matches(wordsOf(record.routingKey), wordsOf(routingKey)));
          assert.deepEqual(
            collect(bindings, routingKey),
            new Set(expected.map(({ destination }) => destination)),
          );
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("edges of the definition", () => {
  const cases: [pattern: string, key: string, isMatch: boolean][] = [
    ["#", "", true],
    ["*", "", false],
    ["", "", true],
    ["*", ".", false],
    ["*.*", ".", true],
    ["a..b", "a..b", true],
    ["a.*.b", "a..b", true],
    ["#.#", "", true],
    ["#.#", "a", true],
    ["#.a.#", "a", true],
    ["*.#", "", false],
    ["*.#", "a", true],
    ["a.#", "a", true],
    ["a.#", "ab", false],
    ["#.b", "a.b.c", false],
    ["#.*.#", "", false],
  ];
  for (const [routingKey, words, isMatch] of cases) {
    const bindings = new TopicBindings();
    const source = makeExchange("x");
    bindings.add({ source, destination: source, routingKey, arguments: [], identity: "" });
    assert.equal(collect(bindings, words).size === 1, isMatch, `${routingKey} with ${words}`);
    assert.equal(matches(wordsOf(routingKey), wordsOf(words)), isMatch, "the reference itself");
  }
});

test("many `#` in a pattern and 255 bytes of key take no time to speak of", () => {
  const bindings = new TopicBindings();
  const source = makeExchange("x");
  const routingKey = `${Array(60).fill("#.a").join(".")}.b`;
  bindings.add({ source, destination: source, routingKey, arguments: [], identity: "" });
  // A matcher that tries all ways would not come back.
  assert.equal(collect(bindings, Array(128).fill("a").join(".")).size, 0);
});
