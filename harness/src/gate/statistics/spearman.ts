import { midranks } from "./midranks.ts";
import { studentTail } from "./student-t.ts";

export interface RankCorrelation {
  readonly rho: number;
  /** Two-sided, by Student's t; good from about ten pairs on. */
  readonly p: number;
}

/** Of pairs in order; null for fewer than three or where one of the two never changes. */
export function spearman(xs: readonly number[], ys: readonly number[]): RankCorrelation | null {
  const n = xs.length;
  if (n < 3) return null;
  const [xRanks, yRanks] = [midranks(xs).ranks, midranks(ys).ranks];
  const middle = (n + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let index = 0; index < n; index++) {
    const [x, y] = [xRanks[index]! - middle, yRanks[index]! - middle];
    xy += x * y;
    xx += x * x;
    yy += y * y;
  }
  if (xx === 0 || yy === 0) return null;
  const rho = xy / Math.sqrt(xx * yy);
  const t = Math.abs(rho) * Math.sqrt((n - 2) / Math.max(1 - rho * rho, Number.MIN_VALUE));
  return { rho, p: 2 * studentTail(t, n - 2) };
}
