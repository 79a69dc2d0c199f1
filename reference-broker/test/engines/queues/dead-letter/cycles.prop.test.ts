import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readDeaths } from "../../../../src/engines/queues/deaths.ts";
import { NOBODY, settleTurns, TestEngine } from "../engine/test-engine.ts";

const QUEUES = ["a", "b", "c", "d"] as const;
type Name = (typeof QUEUES)[number];

/** Where each queue's letters go after 10 ms; null: they stay. */
type Graph = Readonly<Record<Name, Name | null>>;

/** Queues that the message dies in, and the one where it stays (null: it is dropped as a cycle). */
function walk(graph: Graph, start: Name): { deaths: Name[]; end: Name | null } {
  const deaths: Name[] = [];
  let at = start;
  for (let next = graph[at]; next !== null; next = graph[at]) {
    deaths.unshift(at);
    if (deaths.includes(next)) return { deaths, end: null };
    at = next;
  }
  return { deaths, end: at };
}

const place = fc.constantFrom(...QUEUES);
const graph: fc.Arbitrary<Graph> = fc.record({
  ...{ a: fc.option(place), b: fc.option(place), c: fc.option(place), d: fc.option(place) },
});

test("in any graph of expiring queues a message ends where the walk ends, dead once in each queue before", async (t) => {
  const under = await TestEngine.start(t);
  await fc.assert(
    fc.asyncProperty(graph, fc.array(place, { minLength: 1, maxLength: 5 }), async (edges, starts) => {
      for (const name of QUEUES) {
        const to = edges[name];
        const dies = {
          "x-dead-letter-exchange": "",
          "x-dead-letter-routing-key": to ?? "",
          "x-message-ttl": 10,
        };
        await under.queue(name, { arguments: to === null ? {} : dies });
      }
      for (const [index, start] of starts.entries()) under.publish("", start, String(index));
      for (let step = 0; step <= QUEUES.length; step++) {
        under.clock.advance(11);
        await settleTurns();
      }
      const left = new Map<string, { at: Name; deaths: string[] }>();
      for (const at of QUEUES) {
        for (const message of under.drain(at)) {
          const deaths = readDeaths(message.headers() ?? []) ?? [];
          assert.ok(deaths.every(({ count }) => count === 1));
          left.set(message.body.toString(), { at, deaths: deaths.map(({ queue }) => queue) });
        }
      }
      starts.forEach((start, index) => {
        const { deaths, end } = walk(edges, start);
        assert.deepEqual(left.get(String(index)), end === null ? undefined : { at: end, deaths });
      });
      for (const name of QUEUES)
        await under.host.deleteQueue(name, NOBODY, { ifUnused: false, ifEmpty: false });
    }),
    { numRuns: 100 },
  );
});
