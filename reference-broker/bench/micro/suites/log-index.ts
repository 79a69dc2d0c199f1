/** The offset and time index of a full segment: 1 GiB of 16 KiB batches with an entry every 4 KiB at most. */
import { SparseIndex } from "../../../src/mechanisms/sparse-index.ts";
import type { Subject, Suite } from "../benchmark.ts";
import { randomIntegers } from "../random-input.ts";

const BATCH_BYTES = 16 * 1024;
const BATCHES = 65_536;
const RECORDS_PER_BATCH = 100;
const INTERVAL_BYTES = 4096;
const LOOKUPS = 100_000;
const START_MS = 1_700_000_000_000;

function fill(index: SparseIndex): void {
  for (let batch = 0; batch < BATCHES; batch++) {
    const last = (batch + 1) * RECORDS_PER_BATCH - 1;
    index.add(last, batch * BATCH_BYTES, BATCH_BYTES, START_MS + batch, last);
  }
}

function looking(lookUp: (index: SparseIndex, offset: number) => number): Subject {
  const index = new SparseIndex(INTERVAL_BYTES);
  fill(index);
  const offsets = randomIntegers(LOOKUPS, 0, BATCHES * RECORDS_PER_BATCH - 1);
  return {
    operations: LOOKUPS,
    run: () => {
      let sum = 0;
      for (let at = 0; at < LOOKUPS; at++) sum += lookUp(index, offsets[at]!);
      return sum;
    },
  };
}

export const suite: Suite = {
  benchmarks: [
    {
      ...{ name: "index: position of an offset, 65,535 entries", operation: "lookup" },
      prepare: () => looking((index, offset) => index.positionFor(offset)),
    },
    {
      ...{ name: "index: position of a timestamp, 65,535 entries", operation: "lookup" },
      prepare: () =>
        looking((index, offset) => index.positionForTimestamp(START_MS + offset / RECORDS_PER_BATCH)),
    },
    {
      ...{ name: "index: note an appended batch", operation: "batch" },
      prepare: () => {
        let index = new SparseIndex(INTERVAL_BYTES);
        return {
          operations: BATCHES,
          before: () => {
            index = new SparseIndex(INTERVAL_BYTES);
          },
          run: () => {
            fill(index);
            return index.entries;
          },
        };
      },
    },
  ],
};
