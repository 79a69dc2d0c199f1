import assert from "node:assert/strict";
import { test } from "node:test";
import { Pacer } from "../../src/load/pacer.ts";

/** A clock that moves only when somebody waits, and then as late as `lateUs` says. */
function virtualClock(lateUs: (waitMs: number) => number) {
  const queue: { atUs: number; callback: () => void; cleared?: true }[] = [];
  const add = (atUs: number, callback: () => void) => {
    const entry = { atUs, callback };
    queue.push(entry);
    queue.sort((a, b) => a.atUs - b.atUs);
    return entry;
  };
  const clock = {
    now: 0,
    nowUs: () => clock.now,
    setTimeout: (callback: () => void, delayMs: number) =>
      add(clock.now + delayMs * 1000 + lateUs(delayMs), callback),
    clearTimeout: (timer: unknown) => {
      (timer as (typeof queue)[number]).cleared = true;
    },
    setImmediate: (callback: () => void) => void add(clock.now + 10, callback),
    nap: (us: number) => {
      clock.now += us;
      clock.naps++;
    },
    naps: 0,
    run: () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        if (next.cleared) continue;
        clock.now = Math.max(clock.now, next.atUs);
        next.callback();
      }
    },
  };
  return clock;
}

function sendEvery(intervalUs: number, count: number, clock: ReturnType<typeof virtualClock>): number[] {
  const sentAtUs: number[] = [];
  const pacer = new Pacer(clock, (nowUs) => {
    while (sentAtUs.length < count && sentAtUs.length * intervalUs <= nowUs) sentAtUs.push(nowUs);
    return sentAtUs.length === count ? null : sentAtUs.length * intervalUs;
  });
  pacer.run();
  clock.run();
  return sentAtUs;
}

test("sends nothing early and nothing more than a timer's grain late", () => {
  const sent = sendEvery(
    700,
    100,
    virtualClock(() => 50),
  );
  assert.equal(sent.length, 100);
  for (const [index, atUs] of sent.entries()) {
    assert.ok(atUs >= index * 700 && atUs <= index * 700 + 1100, `${index} at ${atUs}`);
  }
});

test("what a stall made late is sent at once, all of it", () => {
  let stalls = 1;
  const sent = sendEvery(
    5000,
    100,
    virtualClock(() => (stalls-- > 0 ? 200_000 : 0)),
  );
  const late = sent.filter((atUs, index) => atUs - index * 5000 > 1100);
  assert.equal(late.length, 40);
  assert.equal(new Set(late).size, 1);
  assert.equal(sent.length, 100);
});

test("short waits are slept through, not spun", () => {
  const clock = virtualClock(() => 0);
  const sent = sendEvery(150, 100, clock);
  for (const [index, atUs] of sent.entries()) {
    assert.ok(atUs >= index * 150 && atUs <= index * 150 + 30, `${index} at ${atUs}`);
  }
  assert.ok(clock.naps >= 99 && clock.naps <= 300, `${clock.naps} naps for 99 waits`);
});

test("who waits for an answer is called again when it has come, and not at the end of a long wait", () => {
  const clock = virtualClock(() => 50);
  const sentAtUs: number[] = [];
  let isHeld = false;
  const pacer: Pacer = new Pacer(clock, (nowUs) => {
    while (!isHeld && sentAtUs.length * 1000 <= nowUs) {
      sentAtUs.push(nowUs);
      if (sentAtUs.length !== 20) continue;
      isHeld = true;
      clock.setTimeout(() => {
        isHeld = false;
        pacer.hasten(sentAtUs.length * 1000);
      }, 5);
    }
    if (sentAtUs.length >= 100) return null;
    return isHeld ? nowUs + 100_000 : sentAtUs.length * 1000;
  });
  pacer.run();
  clock.run();
  for (const [index, atUs] of sentAtUs.entries()) {
    const lateUs = atUs - index * 1000;
    assert.ok(lateUs >= 0 && lateUs <= (index >= 20 && index < 26 ? 5200 : 1100), `${index} at ${atUs}`);
  }
  assert.equal(sentAtUs.length, 100);
});
