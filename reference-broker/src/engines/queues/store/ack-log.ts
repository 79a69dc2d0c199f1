/**
 * Which messages of a segment are settled: one bit each in memory, an append-only log on disk. The log is made of frames,
 * one per commit: u32 CRC32C of all behind it, u32 payload bytes (top bit: a bitmap, else runs), payload. A run is u16
 * first ordinal, u16 length - 1; what is settled in order is one run.
 */
import { crc32c } from "@node-rs/crc32";

/** Ordinals are 16 bits. */
export const MAX_SEGMENT_MESSAGES = 65_536;

const FRAME_HEADER_BYTES = 8;
const RUN_BYTES = 4;
const BITMAP_FLAG = 0x8000_0000;
const INITIAL_RUNS = 4;
const INITIAL_WORDS = 4;

export class AckLog {
  /** One bit per ordinal. */
  #bits = new Uint32Array(INITIAL_WORDS);
  #settled = 0;
  /** first * 65536 + length - 1 */
  #runs = new Uint32Array(INITIAL_RUNS);
  #runCount = 0;

  get settledCount(): number {
    return this.#settled;
  }

  /** Something was settled that is in no frame yet. */
  get isDirty(): boolean {
    return this.#runCount > 0;
  }

  isSettled(ordinal: number): boolean {
    const word = ordinal >>> 5;
    return word < this.#bits.length && (this.#bits[word]! & (1 << (ordinal & 31))) !== 0;
  }

  /** False when it was settled before. */
  settle(ordinal: number): boolean {
    if (!this.#mark(ordinal)) return false;
    const last = this.#runCount - 1;
    if (last >= 0) {
      const run = this.#runs[last]!;
      if ((run >>> 16) + (run & 0xffff) + 1 === ordinal) {
        this.#runs[last] = run + 1;
        return true;
      }
    }
    if (this.#runCount === this.#runs.length) this.#growRuns();
    this.#runs[this.#runCount++] = ordinal * MAX_SEGMENT_MESSAGES;
    return true;
  }

  /** What was settled since the last `framed`. */
  encodeRuns(): Buffer {
    const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + this.#runCount * RUN_BYTES);
    for (let i = 0; i < this.#runCount; i++) {
      const run = this.#runs[i]!;
      frame.writeUInt16LE(run >>> 16, FRAME_HEADER_BYTES + i * RUN_BYTES);
      frame.writeUInt16LE(run & 0xffff, FRAME_HEADER_BYTES + i * RUN_BYTES + 2);
    }
    return sealFrame(frame, 0);
  }

  /** All that is settled, in one frame that says it for good. */
  encodeBitmap(): Buffer {
    const payload = Buffer.from(this.#bits.buffer, 0, this.#bits.byteLength);
    const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), payload]);
    return sealFrame(frame, BITMAP_FLAG);
  }

  /** The last encoded frame is written. */
  framed(): void {
    this.#runCount = 0;
    if (this.#runs.length > INITIAL_RUNS * 256) this.#runs = new Uint32Array(INITIAL_RUNS);
  }

  /**
   * Takes in a log of a segment of `count` messages and returns the bytes of its intact frames. Ordinals from `count` on
   * are orphans of messages that did not reach the disk.
   */
  replay(content: Buffer, count: number): number {
    let at = 0;
    while (content.length - at >= FRAME_HEADER_BYTES) {
      const word = content.readUInt32LE(at + 4);
      const isBitmap = word >= BITMAP_FLAG;
      const start = at + FRAME_HEADER_BYTES;
      const end = start + (isBitmap ? word - BITMAP_FLAG : word);
      if (end > content.length || crc32c(content.subarray(at + 4, end)) !== content.readUInt32LE(at)) break;
      if (isBitmap) this.#takeBitmap(content, start, end, count);
      else this.#takeRuns(content, start, end, count);
      at = end;
    }
    return at;
  }

  #takeBitmap(content: Buffer, start: number, end: number, count: number): void {
    const bits = Math.min((end - start) * 8, count);
    for (let ordinal = 0; ordinal < bits; ordinal++) {
      if ((content[start + (ordinal >>> 3)]! & (1 << (ordinal & 7))) !== 0) this.#mark(ordinal);
    }
  }

  #takeRuns(content: Buffer, start: number, end: number, count: number): void {
    for (let at = start; at < end; at += RUN_BYTES) {
      const first = content.readUInt16LE(at);
      const behind = Math.min(first + content.readUInt16LE(at + 2) + 1, count);
      for (let ordinal = first; ordinal < behind; ordinal++) this.#mark(ordinal);
    }
  }

  #mark(ordinal: number): boolean {
    const word = ordinal >>> 5;
    if (word >= this.#bits.length) this.#growBits(word);
    const bit = 1 << (ordinal & 31);
    const bits = this.#bits[word]!;
    if ((bits & bit) !== 0) return false;
    this.#bits[word] = bits | bit;
    this.#settled++;
    return true;
  }

  #growBits(word: number): void {
    let length = this.#bits.length;
    while (length <= word) length *= 2;
    const bits = new Uint32Array(length);
    bits.set(this.#bits);
    this.#bits = bits;
  }

  #growRuns(): void {
    const runs = new Uint32Array(this.#runs.length * 2);
    runs.set(this.#runs);
    this.#runs = runs;
  }
}

function sealFrame(frame: Buffer, flag: number): Buffer {
  frame.writeUInt32LE(frame.length - FRAME_HEADER_BYTES + flag, 4);
  frame.writeUInt32LE(crc32c(frame.subarray(4)), 0);
  return frame;
}
