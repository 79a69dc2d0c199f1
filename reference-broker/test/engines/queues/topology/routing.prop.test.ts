import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PUBLISHED } from "../../../../src/engines/queues/contract.ts";
import type { FieldTable } from "../../../../src/mechanisms/message.ts";
import { bindingOf, keysOf, NOBODY, TestEngine, tableOf } from "../engine/test-engine.ts";

const EXCHANGES = ["d", "f", "t", "h"] as const;
const TYPES = { d: "direct", f: "fanout", t: "topic", h: "headers" } as const;
const QUEUES = ["p", "q", "r"] as const;
const KEYS = ["", "a", "b", "a.b", "#", "a.*"] as const;

type Source = (typeof EXCHANGES)[number];

interface Bound {
  readonly source: Source;
  readonly destination: string;
  readonly key: string;
  readonly header: number;
}

/** The bindings as a plain list; a message goes wherever one matches, until nothing new is reached. */
class NaiveRouting {
  bound: Bound[] = [];
  alternate: Record<string, string | undefined> = {};

  route(start: Source, keys: readonly string[], header: number): Set<string> {
    const reached = new Set<string>([start]);
    for (const place of reached) {
      if (!Object.hasOwn(TYPES, place)) continue;
      const found = this.bound.filter((bound) => bound.source === place && isMatch(bound, keys, header));
      for (const { destination } of found) reached.add(destination);
      const alternate = this.alternate[place];
      if (found.length === 0 && alternate !== undefined) reached.add(alternate);
    }
    return new Set([...reached].filter((place) => (QUEUES as readonly string[]).includes(place)));
  }
}

function isMatch(bound: Bound, keys: readonly string[], header: number): boolean {
  if (bound.source === "f") return true;
  if (bound.source === "h") return bound.header === header;
  if (bound.source === "d") return keys.includes(bound.key);
  const source = bound.key
    .split(".")
    .map((word) => (word === "*" ? "[^.]+" : word))
    .join("\\.");
  const pattern = bound.key === "#" ? /.*/ : new RegExp(`^${source}$`);
  return keys.some((key) => pattern.test(key));
}

const bound = fc.record({
  source: fc.constantFrom(...EXCHANGES),
  destination: fc.constantFrom<string>(...EXCHANGES, ...QUEUES),
  key: fc.constantFrom(...KEYS),
  header: fc.integer({ min: 0, max: 1 }),
});
const step = fc.oneof(
  { weight: 3, arbitrary: bound.map((value) => ({ kind: "bind" as const, value })) },
  { weight: 1, arbitrary: bound.map((value) => ({ kind: "unbind" as const, value })) },
  { weight: 1, arbitrary: fc.constantFrom(...QUEUES).map((queue) => ({ kind: "replace" as const, queue })) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        exchange: fc.constantFrom(...EXCHANGES),
        keys: fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 }),
        header: fc.integer({ min: 0, max: 1 }),
      })
      .map((publish) => ({ kind: "publish" as const, ...publish })),
  },
);

function headersOf(keys: readonly string[], header: number): FieldTable {
  const table = tableOf({ h: header });
  return keys.length === 1 ? table : [...table, ["CC", keysOf(...keys.slice(1))]];
}

const same = (a: Bound) => (b: Bound) => JSON.stringify(a) === JSON.stringify(b);

test("publishes reach what the list of bindings says, in exactly one copy", async (t) => {
  const under = await TestEngine.start(t);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.dictionary(fc.constantFrom(...EXCHANGES), fc.constantFrom(...EXCHANGES)),
      async (steps, alternate) => {
        const naive = new NaiveRouting();
        naive.alternate = alternate;
        const { host } = under;
        for (const queue of QUEUES) await under.queue(queue);
        for (const name of EXCHANGES) {
          const table = alternate[name] === undefined ? {} : { "alternate-exchange": alternate[name] };
          await under.exchange(name, TYPES[name], { arguments: tableOf(table) });
        }
        for (const next of steps) {
          if (next.kind === "publish") {
            const [key] = next.keys;
            const bits = under.publish(next.exchange, key!, "m", {
              headers: headersOf(next.keys, next.header),
            });
            const expected = naive.route(next.exchange, next.keys, next.header);
            assert.equal(bits, expected.size > 0 ? PUBLISHED.routed : 0);
            for (const queue of QUEUES) {
              assert.equal(under.bodies(queue).length, expected.has(queue) ? 1 : 0, queue);
            }
          } else if (next.kind === "replace") {
            await host.deleteQueue(next.queue, NOBODY, { ifUnused: false, ifEmpty: false });
            await under.queue(next.queue);
            naive.bound = naive.bound.filter(({ destination }) => destination !== next.queue);
          } else {
            const { source, destination, key, header } = next.value;
            const binding = bindingOf(source, destination, key, { h: header });
            const isQueue = (QUEUES as readonly string[]).includes(destination);
            naive.bound = naive.bound.filter((other) => !same(next.value)(other));
            if (next.kind === "bind") {
              naive.bound.push(next.value);
              await (isQueue ? host.bindQueue(binding, NOBODY) : host.bindExchange(binding));
            } else await (isQueue ? host.unbindQueue(binding, NOBODY) : host.unbindExchange(binding));
          }
        }
        for (const name of EXCHANGES) await host.deleteExchange(name, false);
        for (const queue of QUEUES)
          await host.deleteQueue(queue, NOBODY, { ifUnused: false, ifEmpty: false });
      },
    ),
    { numRuns: 200 },
  );
});
