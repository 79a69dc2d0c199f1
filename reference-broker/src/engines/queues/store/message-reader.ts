/** Reads messages of segments, ahead of the one that was asked for: queues are read in order. */
import { allocateUnpooled } from "../../../base/allocate.ts";
import type { Message } from "../../../mechanisms/message.ts";
import { StoredMessageError } from "./contract.ts";
import type { QueueSegment } from "./queue-segment.ts";
import {
  type DecodeMessage,
  decodeRecord,
  isIntactRecord,
  record,
  type RecordBuffer,
  recordBuffer,
} from "./record.ts";

const READ_AHEAD_BYTES = 128 * 1024;

interface Block {
  readonly segment: QueueSegment;
  readonly position: number;
  readonly content: RecordBuffer;
  filled: number;
}

export class MessageReader {
  readonly #decodeMessage: DecodeMessage;
  #block: Block | null = null;

  constructor(decodeMessage: DecodeMessage) {
    this.#decodeMessage = decodeMessage;
  }

  isAtHand(segment: QueueSegment, ordinal: number): boolean {
    return this.#block !== null && holds(this.#block, segment, ordinal);
  }

  /** `sharedBody`: the message's body when it is stored elsewhere. */
  readSync(segment: QueueSegment, ordinal: number, sharedBody: Buffer | null): Message {
    let block = this.#block;
    if (block === null || !holds(block, segment, ordinal)) {
      block = emptyBlock(segment, ordinal);
      block.filled = segment.records.readSync(block.content.bytes, block.position);
      this.#block = block;
    }
    return this.#take(block, segment, ordinal, sharedBody);
  }

  async read(segment: QueueSegment, ordinal: number, sharedBody: Buffer | null): Promise<Message> {
    let block = this.#block;
    if (block === null || !holds(block, segment, ordinal)) {
      block = emptyBlock(segment, ordinal);
      segment.retain();
      try {
        block.filled = await segment.records.read(block.content.bytes, block.position);
      } finally {
        segment.release();
      }
      this.#block = block;
    }
    return this.#take(block, segment, ordinal, sharedBody);
  }

  /** The segment is gone. */
  forget(segment: QueueSegment): void {
    if (this.#block?.segment === segment) this.#block = null;
  }

  #take(block: Block, segment: QueueSegment, ordinal: number, sharedBody: Buffer | null): Message {
    const { content, position, filled } = block;
    const at = segment.index.position(ordinal) - position;
    const sequence = segment.index.sequenceAt(ordinal);
    if (!isIntactRecord(content, at, filled, segment.stamp) || record.sequence(content, at) !== sequence) {
      this.#block = null;
      throw new StoredMessageError(`stored message ${sequence} of segment ${segment.base} is damaged`);
    }
    return decodeRecord(content, at, sharedBody, this.#decodeMessage);
  }
}

function emptyBlock(segment: QueueSegment, ordinal: number): Block {
  const position = segment.index.position(ordinal);
  const ahead = Math.min(READ_AHEAD_BYTES, segment.bytes - position);
  const bytes = Math.max(ahead, segment.index.recordBytes(ordinal));
  return { segment, position, content: recordBuffer(allocateUnpooled(bytes)), filled: 0 };
}

function holds(block: Block, segment: QueueSegment, ordinal: number): boolean {
  const position = segment.index.position(ordinal);
  return (
    block.segment === segment &&
    block.position <= position &&
    position + segment.index.recordBytes(ordinal) <= block.position + block.filled
  );
}
