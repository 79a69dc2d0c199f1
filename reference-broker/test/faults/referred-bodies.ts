/** Messages of a queue's file whose bodies stand in the store of shared ones: their records only refer to them. */
import {
  mayBeRecord,
  record,
  RECORD_HEADER_BYTES,
  recordBuffer,
} from "../../src/engines/queues/store/record.ts";
import type { FileContent } from "./bodies-in-file.ts";

const SHARED_STORE = /\/bodies\/[^/]*$/;

/** Body's number among the shared ones to the number of its message. */
export function sharedBodies(files: readonly FileContent[]): ReadonlyMap<number, number> {
  const shared = new Map<number, number>();
  for (const { content, bodies } of files.filter(({ file }) => SHARED_STORE.test(file))) {
    const byEnd = new Map(bodies.map(({ end, number }) => [end, number]));
    for (const { at, end } of recordsFrom(content, 0)) {
      const number = byEnd.get(end);
      if (number !== undefined) shared.set(record.sequence(recordBuffer(content), at), number);
    }
  }
  return shared;
}

/** Messages whose records end behind `cutAt`, as far as they refer to shared bodies. `from`: where a record begins. */
export function referredBehind(
  { content }: FileContent,
  from: number,
  cutAt: number,
  shared: ReadonlyMap<number, number>,
): number[] {
  const numbers: number[] = [];
  for (const { at, end } of recordsFrom(content, from)) {
    const number = shared.get(record.bodyId(recordBuffer(content), at));
    if (end > cutAt && number !== undefined) numbers.push(number);
  }
  return numbers;
}

/** One behind the other, up to bytes that are none. */
function* recordsFrom(content: Buffer, from: number): Generator<{ at: number; end: number }> {
  const source = recordBuffer(content);
  for (
    let at = from;
    at + RECORD_HEADER_BYTES <= content.length && mayBeRecord(source, at, content.length);
  ) {
    const end = at + record.sizeBytes(source, at);
    yield { at, end };
    at = end;
  }
}
