import type { Message } from "../../../mechanisms/message.ts";
import type { BodyReferences } from "./body-references.ts";
import { StoredMessageError } from "./contract.ts";
import type { MessageReader } from "./message-reader.ts";
import type { QueueSegment } from "./queue-segment.ts";
import type { SegmentList } from "./segment-list.ts";

interface StoredPlace {
  readonly segment: QueueSegment;
  readonly ordinal: number;
}

/** Messages that stand in segments, found by their sequences, with their bodies wherever those are. */
export class StoredMessages {
  readonly #segments: SegmentList;
  readonly #reader: MessageReader;
  readonly #bodies: BodyReferences;

  constructor(segments: SegmentList, reader: MessageReader, bodies: BodyReferences) {
    this.#segments = segments;
    this.#reader = reader;
    this.#bodies = bodies;
  }

  /** null: it is not there, or settled. */
  find(sequence: number): StoredPlace | null {
    const segment = this.#segments.segmentOf(sequence);
    const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
    return segment === null || ordinal < 0 || segment.isSettled(ordinal) ? null : { segment, ordinal };
  }

  async read(sequence: number): Promise<Message> {
    const body = this.#bodies.read(sequence);
    const sharedBody = body === null ? null : await body;
    const { segment, ordinal } = this.#locate(sequence);
    return this.#reader.read(segment, ordinal, sharedBody);
  }

  readSync(sequence: number): Message {
    const { segment, ordinal } = this.#locate(sequence);
    return this.#reader.readSync(segment, ordinal, this.#bodies.readSync(sequence));
  }

  isAtHand(sequence: number): boolean {
    const found = this.find(sequence);
    // That it is not there is known without the disk.
    if (found === null) return true;
    return this.#bodies.isAtHand(sequence) && this.#reader.isAtHand(found.segment, found.ordinal);
  }

  #locate(sequence: number): StoredPlace {
    const found = this.find(sequence);
    if (found !== null) return found;
    throw new StoredMessageError(`message ${sequence} is not stored in ${this.#segments.directory}`);
  }
}
