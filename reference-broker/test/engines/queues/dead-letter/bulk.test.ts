import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { NOBODY, TestEngine } from "../engine/test-engine.ts";

const durable = true;
const COUNT = 6000;
const NUMBERS = Array.from({ length: COUNT }, (_, index) => index);
const TO_DEAD = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead" };

/** More than wait at a time: each way to die, and how it comes about for all of them at once. */
const WAYS: Readonly<
  Record<string, { table: Record<string, number>; happen(under: TestEngine): void; left: number }>
> = {
  expired: { table: { "x-message-ttl": 10 }, happen: ({ clock }) => clock.advance(11), left: 0 },
  rejected: {
    table: {},
    happen: (under) => {
      const queue = under.host.requireQueue("q", NOBODY);
      queue.reject(NUMBERS.map(() => queue.take(false)!.position));
    },
    left: 0,
  },
  maxlen: {
    table: { "x-max-length-bytes": COUNT * 4 },
    happen: (under) => void under.publish("", "q", "x".repeat(COUNT * 4)),
    left: 1,
  },
};

for (const [way, { table, happen, left }] of Object.entries(WAYS)) {
  for (const deliveryMode of [1, 2]) {
    for (const durability of ["os", "fsync"] as const) {
      const kind = `${deliveryMode === 2 ? "persistent" : "transient"}, ${durability}`;
      test(`thousands that die together are letters in order, each once (${way}, ${kind})`, async (t) => {
        const under = await TestEngine.start(t, { durability });
        await under.queue("dead", { durable });
        await under.queue("q", { durable, arguments: { ...TO_DEAD, ...table } });
        for (const number of NUMBERS) under.publish("", "q", String(number), { deliveryMode });
        await under.stored();
        happen(under);
        let commits = 0;
        for (; under.readyCount("dead") < COUNT && commits < COUNT; commits++) {
          await nextTurn();
          await under.stored();
        }
        assert.ok(commits > 2, "the event loop turned meanwhile");
        assert.equal(under.readyCount("dead"), COUNT);
        assert.equal(under.readyCount("q"), left);
        assert.equal(under.host.requireQueue("q", NOBODY).statistics().unacknowledgedMessages, 0);
        if (deliveryMode === 2) {
          await under.stored();
          // The old copies go with the commit after that of the letters.
          await under.stored();
          await under.kill();
          assert.equal(under.readyCount("q"), 0);
        }
        assert.deepEqual(under.bodies("dead").map(Number), NUMBERS);
      });
    }
  }
}
