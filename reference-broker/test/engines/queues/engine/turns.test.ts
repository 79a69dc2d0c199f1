import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../../../src/engines/queues/turns.ts";

/** Turns that run when the test says so, on a clock that work moves on. */
class TestTurns {
  nowMs = 0;
  readonly log: string[] = [];
  #deferred: (() => void)[] = [];
  readonly turns: Turns;

  constructor(goesOn = false) {
    this.turns = new Turns({
      ...{ defer: (run) => void this.#deferred.push(run), now: () => this.nowMs, turnMs: 0.5 },
      goesOn,
    });
  }

  /** Asks to work for so long, so many times. */
  request(name: string, workMs: number, times = 1): void {
    const target = {
      turn: () => {
        this.log.push(name);
        this.nowMs += workMs;
        if (--times > 0) this.turns.request(target);
      },
    };
    this.turns.request(target);
  }

  /** One turn of the event loop: what was done in it. */
  run(): string {
    const deferred = this.#deferred;
    this.#deferred = [];
    assert.ok(deferred.length <= 1, "asked for once");
    for (const callback of deferred) callback();
    return this.log.splice(0).join("");
  }
}

test("those that asked have their turn once, and again later", () => {
  const under = new TestTurns();
  under.request("a", 0, 2);
  under.request("b", 0, 1);
  assert.equal(under.run(), "ab");
  assert.equal(under.run(), "a");
  assert.equal(under.run(), "");
  under.request("c", 0);
  assert.equal(under.run(), "c");
});

test("when they take long the others wait for the next turn, and who had one stands behind", () => {
  const under = new TestTurns();
  under.request("a", 5, 3);
  under.request("b", 5, 2);
  under.request("c", 0.1, 2);
  under.request("d", 0.1, 1);
  assert.deepEqual(
    Array.from({ length: 6 }, () => under.run()),
    ["a", "b", "cda", "b", "ca", ""],
  );
});

test("those that may go on do so in turn until the time is up", () => {
  const under = new TestTurns(true);
  under.request("a", 0.1, 6);
  under.request("b", 0.1, 2);
  assert.equal(under.run(), "ababa");
  assert.equal(under.run(), "aaa");
  assert.equal(under.run(), "");
});
