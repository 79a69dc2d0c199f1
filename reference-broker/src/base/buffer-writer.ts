/**
 * Writes big-endian wire data as a list of chunks, ready for one vectored write. Small values go into a slab; byte
 * fields go in by reference and must stay unchanged until they are sent. A slab is used by one frame after the other
 * and never rewritten, so frames that are still queued at a socket stay intact.
 */
import { allocateUnpooled } from "./allocate.ts";

const SLAB_BYTES = 64 * 1024;
/** Below this, copying into the slab is cheaper than one more chunk in the write. */
const COPY_BELOW_BYTES = 512;
const TWO_POW_32 = 2 ** 32;
const TWO_POW_63 = 2 ** 63;

export class BufferWriter {
  #slab: Buffer;
  #offset = 0;
  /** Where the part of the slab begins that is not in `#chunks` yet. */
  #start = 0;
  #chunks: Buffer[] = [];
  #chunkBytes = 0;

  constructor(slabBytes: number = SLAB_BYTES) {
    this.#slab = allocateUnpooled(slabBytes);
  }

  /** Bytes written since the last `finish`. */
  get byteLength(): number {
    return this.#chunkBytes + this.#offset - this.#start;
  }

  /** All chunks since the last `finish`, in order. The writer goes on with what is left of its slab. */
  finish(): Buffer[] {
    this.#cut();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    return chunks;
  }

  /** Drops what was written since the last `finish`. */
  discard(): void {
    this.#start = this.#offset;
    this.#chunks = [];
    this.#chunkBytes = 0;
  }

  /**
   * Runs `write` behind an int32 that says how many bytes it wrote, as Kafka frames its messages. The writer must be
   * empty; on a failure of `write` it is empty again.
   */
  frame(write: (writer: BufferWriter) => void): Buffer[] {
    const at = this.#take(4);
    const slab = this.#slab;
    try {
      write(this);
    } catch (error) {
      this.discard();
      throw error;
    }
    slab.writeInt32BE(this.byteLength - 4, at);
    return this.finish();
  }

  #cut(): void {
    if (this.#offset === this.#start) return;
    this.#chunks.push(this.#slab.subarray(this.#start, this.#offset));
    this.#chunkBytes += this.#offset - this.#start;
    this.#start = this.#offset;
  }

  #take(count: number): number {
    if (this.#offset + count > this.#slab.length) {
      this.#cut();
      this.#slab = allocateUnpooled(Math.max(SLAB_BYTES, count));
      this.#offset = this.#start = 0;
    }
    const at = this.#offset;
    this.#offset = at + count;
    return at;
  }

  boolean(value: boolean): void {
    const at = this.#take(1);
    this.#slab[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    const at = this.#take(1);
    this.#slab[at] = value;
  }

  int16(value: number): void {
    const at = this.#take(2);
    const slab = this.#slab;
    slab[at] = value >> 8;
    slab[at + 1] = value;
  }

  int32(value: number): void {
    const at = this.#take(4);
    const slab = this.#slab;
    slab[at] = value >> 24;
    slab[at + 1] = value >> 16;
    slab[at + 2] = value >> 8;
    slab[at + 3] = value;
  }

  /** Exact to 2^53. 2^63, the double next to Kafka's largest int64, is written as that largest. */
  int64(value: number): void {
    if (value >= TWO_POW_63) {
      this.int32(0x7fffffff);
      this.int32(-1);
    } else {
      const high = Math.floor(value / TWO_POW_32);
      this.int32(high);
      this.int32(value - high * TWO_POW_32);
    }
  }

  uuid(hex: string): void {
    const at = this.#take(16);
    const written = this.#slab.write(hex, at, 16, "hex");
    if (written !== 16 || hex.length !== 32) throw new TypeError(`not an id of 32 hex digits: ${hex}`);
  }

  uvarint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      const at = this.#take(1);
      this.#slab[at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    const at = this.#take(1);
    this.#slab[at] = rest;
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    if (length > 0x7fff) throw new RangeError(`a string of ${length} bytes does not fit an int16 length`);
    this.int16(length);
    this.#utf8(value, length);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    const length = Buffer.byteLength(value);
    this.uvarint(length + 1);
    this.#utf8(value, length);
  }

  nullableCompactString(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  #utf8(value: string, length: number): void {
    const at = this.#take(length);
    this.#slab.write(value, at, length, "utf8");
  }

  nullableBytes(value: Chunks | null): void {
    this.int32(value === null ? -1 : bytesIn(value));
    if (value !== null) this.#append(value);
  }

  nullableCompactBytes(value: Chunks | null): void {
    this.uvarint(value === null ? 0 : bytesIn(value) + 1);
    if (value !== null) this.#append(value);
  }

  arrayLength(count: number): void {
    this.int32(count);
  }

  compactArrayLength(count: number): void {
    this.uvarint(count + 1);
  }

  /** A tagged field of KIP-482: its size stands before its value, so the value is written apart first. */
  taggedField<T>(tag: number, write: (writer: BufferWriter, value: T) => void, value: T): void {
    const apart = new BufferWriter(COPY_BELOW_BYTES);
    write(apart, value);
    this.uvarint(tag);
    this.uvarint(apart.byteLength);
    this.#append(apart.finish());
  }

  #append(value: Chunks): void {
    if (Buffer.isBuffer(value)) this.#appendChunk(value);
    else for (const chunk of value) this.#appendChunk(chunk);
  }

  #appendChunk(chunk: Buffer): void {
    if (chunk.length < COPY_BELOW_BYTES) {
      const at = this.#take(chunk.length);
      chunk.copy(this.#slab, at);
    } else {
      this.#cut();
      this.#chunks.push(chunk);
      this.#chunkBytes += chunk.length;
    }
  }
}

/** Bytes in one piece or in several that follow one another. */
export type Chunks = Buffer | readonly Buffer[];

function bytesIn(value: Chunks): number {
  if (Buffer.isBuffer(value)) return value.length;
  let total = 0;
  for (const chunk of value) total += chunk.length;
  return total;
}
