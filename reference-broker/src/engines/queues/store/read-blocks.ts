/**
 * Memory that pieces of segments are read into, shared by all stores and used again: every read into fresh memory would be
 * garbage of its size. When there is none left, the block that was taken longest ago changes hands.
 */
import { allocateUnpooled } from "../../../base/allocate.ts";
import type { QueueSegment } from "./queue-segment.ts";
import { type RecordBuffer, recordBuffer } from "./record.ts";

export const READ_BLOCK_BYTES = 128 * 1024;
const MAX_BLOCKS = 64;

/** What stands in the segment from `position` on, `filled` bytes of it. */
export interface ReadBlock {
  readonly content: RecordBuffer;
  /** Who uses it; null: nobody. */
  owner: object | null;
  /** null: it holds nothing. */
  segment: QueueSegment | null;
  position: number;
  filled: number;
  /** It is being read into. */
  isReading: boolean;
}

export class ReadBlocks {
  /** In the order in which they were taken. */
  readonly #blocks: ReadBlock[] = [];

  get allocatedBytes(): number {
    return this.#blocks.length * READ_BLOCK_BYTES;
  }

  /** `except` is not the one that is taken. A record larger than a block gets one of its own, which is not kept. */
  take(bytes: number, owner: object, except: ReadBlock | null): ReadBlock {
    if (bytes > READ_BLOCK_BYTES) return emptyBlock(bytes, owner);
    let index = this.#blocks.findIndex((block) => block.owner === null && !block.isReading);
    if (index < 0 && this.#blocks.length === MAX_BLOCKS) {
      index = this.#blocks.findIndex((block) => block !== except && !block.isReading);
    }
    if (index < 0) {
      const block = emptyBlock(READ_BLOCK_BYTES, owner);
      if (this.#blocks.length < MAX_BLOCKS) this.#blocks.push(block);
      return block;
    }
    const [block] = this.#blocks.splice(index, 1);
    this.#blocks.push(block!);
    block!.owner = owner;
    block!.segment = null;
    return block!;
  }
}

function emptyBlock(bytes: number, owner: object): ReadBlock {
  const content = recordBuffer(allocateUnpooled(bytes));
  return { content, owner, segment: null, position: 0, filled: 0, isReading: false };
}
