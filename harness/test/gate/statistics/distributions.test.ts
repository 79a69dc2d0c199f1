import assert from "node:assert/strict";
import { test } from "node:test";
import { oneSidedBounds, twoSidedBounds } from "../../../src/gate/statistics/clopper-pearson.ts";
import { betaQuantile, incompleteBeta } from "../../../src/gate/statistics/incomplete-beta.ts";
import { logGamma } from "../../../src/gate/statistics/log-gamma.ts";
import { studentTail, studentUpper } from "../../../src/gate/statistics/student-t.ts";

function near(actual: number, expected: number, relative: number) {
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual} is not ${expected}`);
}

test("log-gamma of whole and half numbers is that of factorials", () => {
  let factorial = 1;
  for (let n = 1; n <= 20; n++) {
    assert.ok(
      Math.abs(logGamma(n) - Math.log(factorial)) < 1e-13 * Math.max(1, Math.log(factorial)),
      String(n),
    );
    factorial *= n;
  }
  near(logGamma(0.5), Math.log(Math.PI) / 2, 1e-14);
  const factors = Array.from({ length: 1000 }, (_, index) => Math.log(index + 0.5));
  near(
    logGamma(1000.5),
    factors.reduce((sum, factor) => sum + factor, Math.log(Math.PI) / 2),
    1e-13,
  );
});

test("the incomplete beta function with whole parameters is a binomial sum", () => {
  const choose = (n: number, k: number) =>
    Math.round(Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)));
  for (const [x, a, b] of [
    [0.5, 2, 3],
    [0.1, 1, 7],
    [0.93, 5, 2],
    [0.37, 12, 9],
  ] as const) {
    const n = a + b - 1;
    let sum = 0;
    for (let k = a; k <= n; k++) sum += choose(n, k) * x ** k * (1 - x) ** (n - k);
    near(incompleteBeta(x, a, b), sum, 1e-13);
  }
  assert.equal(incompleteBeta(0, 2, 3), 0);
  assert.equal(incompleteBeta(1, 2, 3), 1);
});

test("a beta quantile inverts the function, with a million samples as well", () => {
  for (const [p, a, b] of [
    [0.025, 3, 58],
    [0.5, 0.5, 0.5],
    [0.975, 990_000, 10_000],
  ] as const)
    near(incompleteBeta(betaQuantile(p, a, b), a, b), p, 1e-6);
});

test("Student's quantiles are those of the printed tables", () => {
  for (const [p, freedom, t] of [
    [0.05, 1, 6.314],
    [0.025, 5, 2.571],
    [0.05, 10, 1.812],
    [0.01, 9, 2.821],
    [0.005, 29, 2.756],
    [0.001, 7, 4.785],
    [0.9, 10, -1.372],
  ] as const)
    assert.equal(studentUpper(p, freedom).toFixed(3), t.toFixed(3), `${p}, ${freedom}`);
  near(studentTail(studentUpper(0.0001, 5), 5), 0.0001, 1e-9);
});

test("Clopper and Pearson's bounds are the published ones", () => {
  // No alarm in 299 jobs proves a rate below 1 % at 95 %; in 298 it does not.
  assert.ok(oneSidedBounds(0, 299, 0.95).high < 0.01);
  assert.ok(oneSidedBounds(0, 298, 0.95).high > 0.01);
  assert.equal(oneSidedBounds(58, 60, 0.95).low.toFixed(3), "0.899");
  assert.ok(oneSidedBounds(59, 59, 0.95).low > 0.95);
  const { low, high } = twoSidedBounds(5, 20, 0.95);
  assert.deepEqual([low.toFixed(4), high.toFixed(4)], ["0.0866", "0.4910"]);
  assert.deepEqual(twoSidedBounds(0, 1, 0.95).low, 0);
  assert.deepEqual(twoSidedBounds(1, 1, 0.95).high, 1);
});
