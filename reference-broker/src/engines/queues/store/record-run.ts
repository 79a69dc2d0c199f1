import type { Message } from "../../../mechanisms/message.ts";
import type { QueueSegment } from "./queue-segment.ts";
import { encodeRecord, type RecordBuffer, recordChecksum, stampRecord } from "./record.ts";
import type { WriteBuffers } from "./write-buffers.ts";

/** With more pieces than these a copy into one is cheaper. */
const MAX_PARTS = 16;

/** Records that go to the disk in one write: where each stands in memory, in as few pieces as lie one behind the other. */
export class RecordRun {
  readonly #buffers: WriteBuffers;
  /** Of each record. */
  readonly sources: RecordBuffer[] = [];
  readonly offsets: number[] = [];
  /** Pieces: where they stand, from and to. */
  readonly #sources: RecordBuffer[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** Taken for records that were not encoded before, or for all when they were many pieces. */
  readonly #own: RecordBuffer[] = [];
  #ownFilled = 0;
  #stamp = 0;
  #firstOrdinal = 0;
  bytes = 0;

  constructor(buffers: WriteBuffers) {
    this.#buffers = buffers;
  }

  /** What is added now goes to the end of this segment. */
  begin({ stamp, index }: QueueSegment): void {
    this.#stamp = stamp;
    this.#firstOrdinal = index.count;
  }

  /** A record that is encoded, but for the stamp. */
  add(source: RecordBuffer, at: number, bytes: number, checksum: number): void {
    stampRecord(source, at, checksum, this.#stamp, this.#firstOrdinal + this.offsets.length);
    this.#push(source, at, bytes);
  }

  encode(message: Message, sequence: number, deadlineMs: number, bodyId: number, bytesBound: number): void {
    const target = this.#room(bytesBound);
    const at = this.#ownFilled;
    const bytes = encodeRecord(target, at, message, sequence, deadlineMs, bodyId);
    this.#ownFilled += bytes;
    this.add(target, at, bytes, recordChecksum(target, at));
  }

  #room(bytes: number): RecordBuffer {
    const last = this.#own[this.#own.length - 1];
    if (last !== undefined && this.#ownFilled + bytes <= last.bytes.length) return last;
    const taken = this.#buffers.take(bytes);
    this.#own.push(taken);
    this.#ownFilled = 0;
    return taken;
  }

  #push(source: RecordBuffer, at: number, bytes: number): void {
    this.sources.push(source);
    this.offsets.push(at);
    this.bytes += bytes;
    const last = this.#sources.length - 1;
    if (last >= 0 && this.#sources[last] === source && this.#ends[last] === at) {
      this.#ends[last] = at + bytes;
      return;
    }
    this.#sources.push(source);
    this.#starts.push(at);
    this.#ends.push(at + bytes);
  }

  /** For a synchronous write, of less than the scratch buffer holds. */
  joined(): Buffer {
    return this.#sources.length === 1 ? this.#piece(0) : this.#join(this.#buffers.scratch.bytes);
  }

  pieces(): Buffer[] {
    if (this.#sources.length <= MAX_PARTS) return this.#sources.map((_, i) => this.#piece(i));
    const whole = this.#buffers.take(this.bytes);
    this.#own.push(whole);
    return [this.#join(whole.bytes)];
  }

  #piece(index: number): Buffer {
    return this.#sources[index]!.bytes.subarray(this.#starts[index]!, this.#ends[index]!);
  }

  #join(target: Buffer): Buffer {
    let filled = 0;
    for (let i = 0; i < this.#sources.length; i++) {
      filled += this.#sources[i]!.bytes.copy(target, filled, this.#starts[i]!, this.#ends[i]!);
    }
    return target.subarray(0, filled);
  }

  /** Written, or failed: nothing of it is needed any more. */
  clear(): void {
    for (const buffer of this.#own) this.#buffers.give(buffer);
    for (const list of [this.sources, this.#sources, this.#own]) list.length = 0;
    for (const list of [this.offsets, this.#starts, this.#ends]) list.length = 0;
    this.#ownFilled = 0;
    this.bytes = 0;
  }
}
