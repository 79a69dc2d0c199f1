export interface Midranks {
  /** Rank of each value, from 1; equal values share the mean of theirs. */
  readonly ranks: readonly number[];
  readonly tied: boolean;
}

export function midranks(values: readonly number[]): Midranks {
  const order = Array.from(values, (_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  let tied = false;
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1]!] === values[order[first]!]) last++;
    for (let at = first; at <= last; at++) ranks[order[at]!] = (first + last) / 2 + 1;
    tied ||= last > first;
    first = last + 1;
  }
  return { ranks, tied };
}
