import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SideName } from "../../../src/gate/evidence.ts";
import { Coins } from "../../../src/gate/job/coins.ts";
import { scheduleRound } from "../../../src/gate/job/schedule.ts";

const TWO: readonly SideName[] = ["baseline", "candidate"];
const THREE: readonly SideName[] = ["baseline", "candidate", "control"];
const seeds = fc.stringMatching(/^[0-9a-f]{32}$/);
const rounds = fc.nat(1000);
const sides = fc.constantFrom(TWO, THREE);

test("the same seed gives the same schedule, another one another", () => {
  fc.assert(
    fc.property(seeds, seeds, rounds, sides, (seed, other, round, names) => {
      const made = scheduleRound(seed, round, "megabatch", names, 40);
      assert.deepEqual(scheduleRound(seed, round, "megabatch", names, 40), made);
      if (seed !== other) assert.notDeepEqual(scheduleRound(other, round, "megabatch", names, 40), made);
    }),
  );
});

test("each side has a slot, each slot a place in the start order, and padding stays below 4 KiB", () => {
  fc.assert(
    fc.property(seeds, rounds, sides, (seed, round, names) => {
      const { slots, candidateSlot } = scheduleRound(seed, round, "x", names, 1);
      assert.deepEqual(slots.map(({ side }) => side).sort(), [...names].sort());
      assert.deepEqual(
        slots.map(({ startPosition }) => startPosition).sort(),
        names.map((_, index) => index),
      );
      assert.equal(slots[candidateSlot]?.side, "candidate");
      for (const slot of slots) {
        assert.ok(slot.environmentPaddingBytes >= 0 && slot.environmentPaddingBytes <= 4096);
      }
    }),
  );
});

test("what rises evenly from slice to slice falls on all sides of a block alike", () => {
  fc.assert(
    fc.property(seeds, rounds, sides, (seed, round, names) => {
      for (const order of scheduleRound(seed, round, "x", names, 10).blockOrders) {
        assert.equal(order.length, names.length === 2 ? 4 : 9);
        const places = names.map((side) =>
          order.reduce((sum, name, place) => sum + (name === side ? place : 0), 0),
        );
        assert.equal(new Set(places).size, 1, order.join(" "));
      }
    }),
  );
});

test("blocks of two sides are ABBA or BAAB, and both come", () => {
  const { blockOrders } = scheduleRound("0".repeat(32), 0, "x", TWO, 200);
  const found = new Set(blockOrders.map((order) => order.map((side) => side[0]).join("")));
  assert.deepEqual([...found].sort(), ["bccb", "cbbc"]);
});

test("blocks of three sides are all twelve Latin squares", () => {
  const { blockOrders } = scheduleRound("0".repeat(32), 0, "x", THREE, 400);
  assert.equal(new Set(blockOrders.map(String)).size, 12);
  for (const order of blockOrders) {
    for (const row of [0, 1, 2]) assert.equal(new Set(order.slice(3 * row, 3 * row + 3)).size, 3);
    for (const column of [0, 1, 2]) {
      assert.equal(new Set([order[column], order[column + 3], order[column + 6]]).size, 3);
    }
  }
});

/** Standard deviations of a fair coin's count; the seed is fixed, so this is no matter of luck. */
const WITHIN = 4;

test("the coin is fair, and independent of scenario, of the round before and of the start order", () => {
  const tossed = 10_000;
  const seed = "0123456789abcdef0123456789abcdef";
  const coin = (round: number, scenario: string) => scheduleRound(seed, round, scenario, TWO, 0);
  let [heads, asOther, asBefore, startedFirst] = [0, 0, 0, 0];
  for (let round = 0; round < tossed; round++) {
    const { candidateSlot, slots } = coin(round, "megabatch");
    heads += candidateSlot;
    asOther += candidateSlot === coin(round, "publish-confirm").candidateSlot ? 1 : 0;
    asBefore += candidateSlot === coin(round + 1, "megabatch").candidateSlot ? 1 : 0;
    startedFirst += slots[candidateSlot]?.startPosition === 0 ? 1 : 0;
  }
  const allowed = WITHIN * Math.sqrt(tossed / 4);
  for (const count of [heads, asOther, asBefore, startedFirst]) {
    assert.ok(Math.abs(count - tossed / 2) < allowed, `${count} of ${tossed}`);
  }
});

test("numbers below a bound are all equally likely, also where words do not divide by it", () => {
  const coins = new Coins("seed", "test");
  const counts = Array.from({ length: 6 }, () => 0);
  const drawn = 60_000;
  for (let draw = 0; draw < drawn; draw++) counts[coins.below(6)]!++;
  const expected = drawn / 6;
  for (const count of counts) assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), String(counts));
  const orders = new Set(Array.from({ length: 200 }, () => coins.shuffled([1, 2, 3]).join("")));
  assert.equal(orders.size, 6);
});
