/**
 * What an index takes for every message while it grows, in arrays that the next one uses again: at full speed a queue begins
 * dozens of segments a second, and their arrays would wait for a full collection.
 */
export interface IndexColumns {
  readonly positions: Uint32Array;
  readonly bodyBytes: Uint32Array;
  readonly priorities: Uint8Array;
}

/** Smaller ones are left to the collector. */
const POOLED_FROM_MESSAGES = 4096;
/** Of each size: those of one queue's segments that have no summary yet. */
const MAX_IDLE = 8;

const idle = new Map<number, IndexColumns[]>();

/** For so many messages; contents are undefined. */
export function takeColumns(messages: number): IndexColumns {
  const used = idle.get(messages)?.pop();
  if (used !== undefined) return used;
  return {
    positions: new Uint32Array(messages),
    bodyBytes: new Uint32Array(messages),
    priorities: new Uint8Array(messages),
  };
}

/** Nobody uses them any more. */
export function returnColumns(columns: IndexColumns): void {
  const { length } = columns.positions;
  if (length < POOLED_FROM_MESSAGES) return;
  const same = idle.get(length);
  if (same === undefined) idle.set(length, [columns]);
  else if (same.length < MAX_IDLE) same.push(columns);
}
