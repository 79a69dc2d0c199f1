/** Memory that records are encoded into, used again: fresh memory costs a page fault every 4 KiB. */
import { allocateUnpooled } from "../../../base/allocate.ts";
import { type RecordBuffer, recordBuffer } from "./record.ts";

/** From this size on a write goes to the thread pool: the hop then costs less than the copy would hold up the loop. */
export const ASYNC_WRITE_BYTES = 256 * 1024;
/** What one write to the thread pool takes, unless a single message is larger. */
export const LARGEST_WRITE_BYTES = 1024 * 1024;
/** What a queue takes that has little to write. */
export const SMALL_PAGE_BYTES = 64 * 1024;
const MAX_IDLE = 8;
const MAX_IDLE_SMALL = 64;

export class WriteBuffers {
  /** For synchronous writes below ASYNC_WRITE_BYTES: done with when they return. */
  readonly scratch: RecordBuffer = recordBuffer(allocateUnpooled(ASYNC_WRITE_BYTES));
  readonly #idle: RecordBuffer[] = [];
  readonly #idleSmall: RecordBuffer[] = [];

  /** At least `bytes` long, contents undefined. To be given back when it is written. */
  take(bytes: number): RecordBuffer {
    if (bytes > LARGEST_WRITE_BYTES) return recordBuffer(allocateUnpooled(bytes));
    if (bytes > SMALL_PAGE_BYTES)
      return this.#idle.pop() ?? recordBuffer(allocateUnpooled(LARGEST_WRITE_BYTES));
    return this.#idleSmall.pop() ?? recordBuffer(allocateUnpooled(SMALL_PAGE_BYTES));
  }

  give(buffer: RecordBuffer): void {
    const { length } = buffer.bytes;
    if (length === LARGEST_WRITE_BYTES && this.#idle.length < MAX_IDLE) this.#idle.push(buffer);
    if (length === SMALL_PAGE_BYTES && this.#idleSmall.length < MAX_IDLE_SMALL) this.#idleSmall.push(buffer);
  }
}
