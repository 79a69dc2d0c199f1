import { invariant } from "../../errors.ts";
import { logGamma } from "./log-gamma.ts";

/** Steps of the continued fraction; it needs about the square root of the larger parameter. */
const MOST_STEPS = 100_000;
const TINY = 1e-300;

/** Regularised incomplete beta function I_x(a, b): P(X <= x) of a beta-distributed X. a, b > 0. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges quickly on this side of the mean; the other follows by symmetry.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return (front * continuedFraction(x, a, b)) / a;
}

/** Abramowitz and Stegun 26.5.8 by Lentz's method. */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  const advance = (term: number) => {
    d = 1 / away(1 + term * d);
    c = away(1 + term / c);
    fraction *= c * d;
  };
  for (let m = 1; m < MOST_STEPS; m++) {
    advance((m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)));
    advance((-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)));
    if (Math.abs(c * d - 1) < 1e-15) return fraction;
  }
  invariant(false, `incomplete beta of ${x}, ${a}, ${b} does not converge`);
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** The x at which I_x(a, b) = p, by bisection. */
export function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
