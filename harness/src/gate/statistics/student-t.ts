import { incompleteBeta } from "./incomplete-beta.ts";

/** P(T > t) of Student's t with so many degrees of freedom. */
export function studentTail(t: number, freedom: number): number {
  const beyond = incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
  return t > 0 ? beyond : 1 - beyond;
}

/** The t with P(T > t) = p, for 0 < p < 1. */
export function studentUpper(p: number, freedom: number): number {
  if (p > 0.5) return -studentUpper(1 - p, freedom);
  let [low, high] = [0, 1];
  while (studentTail(high, freedom) > p) high *= 2;
  for (let step = 0; step < 100 && low < high; step++) {
    const middle = (low + high) / 2;
    if (studentTail(middle, freedom) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
