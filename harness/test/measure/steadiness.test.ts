import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  addWindows,
  drift,
  fullWindowRates,
  isLevel,
  variation,
  windowsAgree,
} from "../../src/measure/steadiness.ts";

describe("windows agree", () => {
  test("when the last three lie within 5 % of their mean", () => {
    assert.equal(windowsAgree([10, 500, 1000, 1020, 990]), true);
    assert.equal(windowsAgree([1000, 1045, 955]), true);
    assert.equal(windowsAgree([1000, 1000, 1090]), false);
  });

  test("not before there are three, and not when nothing moves", () => {
    assert.equal(windowsAgree([1000, 1000]), false);
    assert.equal(windowsAgree([0, 0, 0]), false);
  });

  test("when none is more than a batch away from their mean", () => {
    assert.equal(windowsAgree([10, 12, 11]), false);
    assert.equal(windowsAgree([10, 12, 11], 1), true);
  });
});

test("variation is the standard deviation over the mean", () => {
  assert.equal(variation([5]), null);
  assert.equal(variation([0, 0]), null);
  assert.equal(variation([7, 7, 7]), 0);
  assert.ok(Math.abs(variation([8, 12])! - Math.sqrt(8) / 10) < 1e-12);
});

describe("drift", () => {
  test("of a straight line is its rise over its mean", () => {
    assert.ok(Math.abs(drift([90, 100, 110])! - 0.2) < 1e-12);
    assert.ok(Math.abs(drift([110, 100, 90])! + 0.2) < 1e-12);
  });

  test("of a symmetric series is 0", () => assert.equal(drift([1, 5, 1]), 0));

  test("needs three windows", () => assert.equal(drift([1, 2]), null));
});

test("rates come from full windows in order of time", () => {
  const rates = fullWindowRates([
    { atUs: 2_000_000, durationUs: 200_000, messages: 1 },
    { atUs: 1_000_000, durationUs: 1_000_000, messages: 30 },
    { atUs: 0, durationUs: 1_010_000, messages: 10.1 },
  ]);
  assert.deepEqual(rates, [10, 30]);
});

test("windows of processes side by side add up", () => {
  const window = (messages: number, index: number) => ({ atUs: index * 1e6, durationUs: 1e6, messages });
  const added = addWindows([[window(1, 0)], [window(2, 0), window(5, 1)]]);
  assert.deepEqual(
    added.map(({ messages }) => messages),
    [3, 5],
  );
  assert.deepEqual(addWindows([]), []);
});

describe("a level rate", () => {
  test("noise around a mean that stays", () => {
    assert.equal(isLevel([8.1, 7.8, 7.3, 8.5, 7.2, 7.7]), true);
  });

  test("halves may differ by what the noise of five windows each explains, and by no more than a tenth", () => {
    const noisy = [1, 1, 28, 34, 28, 34, 28, 33, 31, 35, 29, 36];
    assert.equal(isLevel(noisy), false, "four windows each: no noise known");
    assert.equal(isLevel([1, ...noisy]), true);
    assert.equal(isLevel([20, 20, 20, 20, 40, 20, 40, 20, 30, 45, 25, 45, 25]), false);
  });

  test("not while it rises or falls, and not before there are six windows", () => {
    assert.equal(isLevel([21.7, 26.3, 24.9, 27.7, 25.6, 30.1]), false);
    assert.equal(isLevel([10, 10, 10, 9, 9, 9]), false);
    assert.equal(isLevel([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]), false);
    assert.equal(isLevel([10, 10, 10, 10, 10]), false);
    assert.equal(isLevel([0, 0, 0, 0, 0, 0]), false);
  });
});
