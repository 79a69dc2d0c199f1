import type { Message } from "../../../mechanisms/message.ts";
import { encodeRecord, NOT_SHARED, recordBytesBound, type RecordBuffer, recordChecksum } from "./record.ts";
import type { RecordDecoder } from "./record-decoder.ts";
import type { RecordRun } from "./record-run.ts";
import { SHARED_FROM_BYTES } from "./shared-bodies.ts";
import { LARGEST_WRITE_BYTES, SMALL_PAGE_BYTES, type WriteBuffers } from "./write-buffers.ts";

const INITIAL_MESSAGES = 16;
/** A burst's arrays are given back. */
const KEPT_MESSAGES = 4096;
/** A place is a page's number and, in this many bits, an offset there. */
const PAGE_BITS = 20;
const OFFSET_MASK = LARGEST_WRITE_BYTES - 1;

/**
 * Messages appended and not written yet, in the order of their sequences. Small ones that nobody keeps are encoded at once, into
 * the memory that is written. The others are encoded when they are written: they may be settled before, and of large ones the
 * body may come to be stored elsewhere.
 */
export class UnwrittenMessages {
  readonly #buffers: WriteBuffers;
  readonly #decoder: RecordDecoder;
  readonly #pages: RecordBuffer[] = [];
  /** Bytes used of the last page. */
  #filled = 0;
  /** The last time more than a small page was needed. */
  #wasLarge = false;
  /** null: it is encoded, or settled. */
  #messages: (Message | null)[] = [];
  /** Of those that are not encoded, as are the numbers of bodies stored elsewhere. */
  #deadlinesMs = new Float64Array(INITIAL_MESSAGES);
  #bodyIds = new Float64Array(INITIAL_MESSAGES);
  #sequences = new Float64Array(INITIAL_MESSAGES);
  #places = new Uint32Array(INITIAL_MESSAGES);
  /** Of the record, or at least so many; 0: settled. */
  #bytes = new Uint32Array(INITIAL_MESSAGES);
  #checksums = new Uint32Array(INITIAL_MESSAGES);
  #start = 0;
  #end = 0;
  /** At least what the messages take in the file; those settled meanwhile included. */
  bytesBound = 0;
  /** Messages that are not settled. */
  liveCount = 0;

  constructor(buffers: WriteBuffers, decoder: RecordDecoder) {
    this.#buffers = buffers;
    this.#decoder = decoder;
  }

  /** Index of the first message; those before are written. */
  get start(): number {
    return this.#start;
  }

  /** Behind the last. */
  get end(): number {
    return this.#end;
  }

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  sequence(index: number): number {
    return this.#sequences[index]!;
  }

  /** At least what the message takes in the file; 0: it is settled. */
  bytes(index: number): number {
    return this.#bytes[index]!;
  }

  /** `isKept`: the message is in memory anyway. */
  add(message: Message, sequence: number, deadlineMs: number, bodyId: number, isKept: boolean): void {
    const bound = recordBytesBound(message, bodyId);
    if (isKept || message.bodyBytes >= SHARED_FROM_BYTES || bound > LARGEST_WRITE_BYTES) {
      message.keep();
      const index = this.#push(message, sequence, 0, bound, 0);
      this.#deadlinesMs[index] = deadlineMs;
      this.#bodyIds[index] = bodyId;
      return;
    }
    const page = this.#pageWith(bound);
    const at = this.#filled;
    const bytes = encodeRecord(page, at, message, sequence, deadlineMs, NOT_SHARED);
    this.#pushEncoded(sequence, bytes, recordChecksum(page, at));
  }

  #pushEncoded(sequence: number, bytes: number, checksum: number): void {
    const place = (this.#pages.length - 1) * LARGEST_WRITE_BYTES + this.#filled;
    this.#push(null, sequence, place, bytes, checksum);
    this.#filled += bytes;
  }

  #push(message: Message | null, sequence: number, place: number, bytes: number, checksum: number): number {
    const index = this.#end++;
    if (index === this.#sequences.length) this.#grow();
    this.#messages[index] = message;
    this.#sequences[index] = sequence;
    this.#places[index] = place;
    this.#bytes[index] = bytes;
    this.#checksums[index] = checksum;
    this.bytesBound += bytes;
    this.liveCount++;
    return index;
  }

  /** The last page, with room for so many bytes. */
  #pageWith(bytes: number): RecordBuffer {
    const last = this.#pages[this.#pages.length - 1];
    if (last !== undefined && this.#filled + bytes <= last.bytes.length) return last;
    const isLarge = last !== undefined || this.#wasLarge || bytes > SMALL_PAGE_BYTES;
    const page = this.#buffers.take(isLarge ? LARGEST_WRITE_BYTES : SMALL_PAGE_BYTES);
    this.#pages.push(page);
    this.#filled = 0;
    return page;
  }

  /** The message of this sequence if it is here and not settled, or null. It may be lent. */
  find(sequence: number): Message | null {
    const index = this.#indexOf(sequence);
    if (index < 0 || this.#bytes[index] === 0) return null;
    const message = this.#messages[index]!;
    if (message !== null) return message;
    const place = this.#places[index]!;
    return this.#decoder.decode(this.#pages[place >>> PAGE_BITS]!, place & OFFSET_MASK, null);
  }

  has(sequence: number): boolean {
    const index = this.#indexOf(sequence);
    return index >= 0 && this.#bytes[index] !== 0;
  }

  /** The body of this message is stored elsewhere after all. False when the message is not here, or settled already. */
  shareBody(sequence: number, bodyId: number): boolean {
    const index = this.#indexOf(sequence);
    const message = index < 0 ? null : this.#messages[index]!;
    if (message === null) return false;
    this.#bodyIds[index] = bodyId;
    const bound = recordBytesBound(message, bodyId);
    this.bytesBound += bound - this.#bytes[index]!;
    this.#bytes[index] = bound;
    return true;
  }

  /** False when it is not here, or settled already. */
  settle(sequence: number): boolean {
    const index = this.#indexOf(sequence);
    if (index < 0 || this.#bytes[index] === 0) return false;
    this.#bytes[index] = 0;
    this.#messages[index] = null;
    this.liveCount--;
    return true;
  }

  /** Moves the start to the first one that is not settled. */
  dropSettled(): void {
    if (this.liveCount === 0) {
      this.clear();
      return;
    }
    while (this.#bytes[this.#start] === 0) this.#start++;
  }

  /** Adds those before `end` that are not settled to what is about to be written. */
  collect(end: number, run: RecordRun): void {
    for (let index = this.#start; index < end; index++) {
      const bytes = this.#bytes[index]!;
      if (bytes === 0) continue;
      const message = this.#messages[index]!;
      if (message !== null) {
        const sequence = this.#sequences[index]!;
        run.encode(message, sequence, this.#deadlinesMs[index]!, this.#bodyIds[index]!, bytes);
      } else {
        const place = this.#places[index]!;
        const page = this.#pages[place >>> PAGE_BITS]!;
        run.add(page, place & OFFSET_MASK, bytes, this.#checksums[index]!);
      }
    }
  }

  /** Those before `index` are written. */
  written(index: number): void {
    for (let i = this.#start; i < index; i++) {
      if (this.#bytes[i] === 0) continue;
      this.#bytes[i] = 0;
      this.#messages[i] = null;
      this.liveCount--;
    }
    this.#start = index;
    if (this.isEmpty) this.clear();
  }

  /** Calls `visit` with the sequence of each one that is not settled. */
  forEachLive(visit: (sequence: number) => void): void {
    for (let i = this.#start; i < this.#end; i++) {
      if (this.#bytes[i] !== 0) visit(this.#sequences[i]!);
    }
  }

  /** Takes over the messages of `later`, all of which follow. */
  absorb(later: UnwrittenMessages): void {
    for (let i = later.#start; i < later.#end; i++) {
      const bytes = later.#bytes[i]!;
      if (bytes === 0) continue;
      const sequence = later.#sequences[i]!;
      const message = later.#messages[i]!;
      if (message !== null) {
        this.add(message, sequence, later.#deadlinesMs[i]!, later.#bodyIds[i]!, true);
        continue;
      }
      const place = later.#places[i]!;
      const from = place & OFFSET_MASK;
      const page = this.#pageWith(bytes);
      later.#pages[place >>> PAGE_BITS]!.bytes.copy(page.bytes, this.#filled, from, from + bytes);
      this.#pushEncoded(sequence, bytes, later.#checksums[i]!);
    }
  }

  clear(): void {
    if (this.#end === 0) return;
    this.#wasLarge = this.bytesBound > SMALL_PAGE_BYTES;
    for (const page of this.#pages) this.#buffers.give(page);
    this.#pages.length = 0;
    this.#filled = 0;
    if (this.#end > KEPT_MESSAGES) {
      this.#messages = [];
      this.#deadlinesMs = new Float64Array(INITIAL_MESSAGES);
      this.#bodyIds = new Float64Array(INITIAL_MESSAGES);
      this.#sequences = new Float64Array(INITIAL_MESSAGES);
      this.#places = new Uint32Array(INITIAL_MESSAGES);
      this.#bytes = new Uint32Array(INITIAL_MESSAGES);
      this.#checksums = new Uint32Array(INITIAL_MESSAGES);
    } else {
      this.#messages.fill(null, this.#start, this.#end);
    }
    this.#start = this.#end = 0;
    this.bytesBound = 0;
    this.liveCount = 0;
  }

  #indexOf(sequence: number): number {
    if (this.isEmpty) return -1;
    const first = this.#sequences[this.#start]!;
    if (sequence < first) return -1;
    // Without gaps this is it.
    const guess = Math.min(this.#start + (sequence - first), this.#end - 1);
    if (this.#sequences[guess] === sequence) return guess;
    let low = this.#start;
    let high = guess;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sequences[middle]! < sequence) low = middle + 1;
      else high = middle;
    }
    return this.#sequences[low] === sequence ? low : -1;
  }

  #grow(): void {
    const length = this.#sequences.length * 2;
    this.#sequences = grown(this.#sequences, new Float64Array(length));
    this.#deadlinesMs = grown(this.#deadlinesMs, new Float64Array(length));
    this.#bodyIds = grown(this.#bodyIds, new Float64Array(length));
    this.#places = grown(this.#places, new Uint32Array(length));
    this.#bytes = grown(this.#bytes, new Uint32Array(length));
    this.#checksums = grown(this.#checksums, new Uint32Array(length));
  }
}

function grown<T extends Float64Array | Uint32Array>(source: T, target: T): T {
  target.set(source);
  return target;
}
