import { invariant } from "../../../base/invariant.ts";
import type { Message } from "../../../mechanisms/message.ts";
import { CHUNK_SLOTS, Chunk, SLOT } from "./chunk.ts";
import { SequenceHeap } from "./sequence-heap.ts";

/** A chunk of which fewer slots were used goes on as it is: beginning anew costs more than it gives back. */
const RESTART_SLOTS = 64;

/**
 * Messages of one priority in the order in which they came. Ready are the requeued ones, which stand before all others,
 * and those from #next on that nothing took out of turn. Sequences are counted per lane and never used twice.
 */
export class Lane {
  readyCount = 0;
  /** Where the head is; valid after findHead() answered true and until the lane changes. */
  headSequence = -1;
  headChunk: Chunk;
  headIndex = 0;
  /** The chunk that was written to last, and never null. */
  last: Chunk;

  /** Chunks from #firstBase on, null where all is settled. */
  readonly #chunks: (Chunk | null)[];
  #firstBase = 0;
  #next = 0;
  #tail = 0;
  readonly #requeued = new SequenceHeap();

  constructor() {
    this.last = new Chunk(0);
    this.#chunks = [this.last];
    this.headChunk = this.last;
  }

  /** The chunk in which a sequence stands; null: all of it is settled, or it was never given out. */
  chunkOf(sequence: number): Chunk | null {
    const last = this.last;
    if (sequence >= last.base) return sequence < this.#tail ? last : null;
    if (!(sequence >= this.#firstBase)) return null;
    const chunk = this.#chunks[Math.floor((sequence - this.#firstBase) / CHUNK_SLOTS)]!;
    if (chunk?.isPacked) chunk.unpack();
    return chunk;
  }

  /** Adds behind all others. Returns the sequence; its slot is the last used one of `last`. */
  append(message: Message | null, state: number, deadlineMs: number): number {
    if (this.last.used >= RESTART_SLOTS) this.#makeRoom();
    this.last.put(message, state, deadlineMs);
    const sequence = this.#tail++;
    if ((state & SLOT.phase) === SLOT.ready) this.readyCount++;
    // It goes to a consumer at once, which happens only when nothing is ready before it.
    else this.#next = this.#tail;
    return sequence;
  }

  #makeRoom(): void {
    const last = this.last;
    if (last.live === 0 && this.#chunks.length === 1) {
      last.restart(this.#tail);
      this.#firstBase = this.#tail;
      this.#next = this.#tail;
    } else if (last.used === CHUNK_SLOTS) {
      this.last = new Chunk(this.#tail);
      this.#chunks.push(this.last);
      if (last.live === 0) this.#dropChunk(last);
      else last.pack();
    }
  }

  #dropChunk(chunk: Chunk): void {
    const chunks = this.#chunks;
    chunks[(chunk.base - this.#firstBase) / CHUNK_SLOTS] = null;
    while (chunks[0] === null) {
      chunks.shift();
      this.#firstBase += CHUNK_SLOTS;
    }
  }

  /** Finds the first ready message; false: there is none. */
  findHead(): boolean {
    if (this.readyCount === 0) return false;
    while (this.#requeued.size > 0) {
      if (this.#isHead(this.#requeued.lowest)) return true;
      this.#requeued.removeLowest();
    }
    while (!this.#isHead(this.#next)) {
      invariant(this.#next < this.#tail, "a ready message is missing");
      this.#next = this.chunkOf(this.#next) === null ? this.#nextBase(this.#next) : this.#next + 1;
    }
    return true;
  }

  #isHead(sequence: number): boolean {
    const chunk = this.chunkOf(sequence);
    if (chunk === null) return false;
    const index = sequence - chunk.base;
    if ((chunk.states[index]! & SLOT.phase) !== SLOT.ready) return false;
    this.headSequence = sequence;
    this.headChunk = chunk;
    this.headIndex = index;
    return true;
  }

  /** First sequence behind the settled chunk in which this one stood. */
  #nextBase(sequence: number): number {
    if (sequence < this.#firstBase) return this.#firstBase;
    const skipped = Math.floor((sequence - this.#firstBase) / CHUNK_SLOTS) + 1;
    return this.#firstBase + skipped * CHUNK_SLOTS;
  }

  /** The head was taken: it is in another phase now. */
  passHead(): void {
    if (this.#requeued.lowest === this.headSequence) this.#requeued.removeLowest();
    else this.#next = this.headSequence + 1;
  }

  /** A message that was in another phase is ready again, where it stood. */
  reinsert(sequence: number): void {
    this.readyCount++;
    // Whole runs come back when a channel closes, highest first: those need no place in the heap.
    if (sequence === this.#next - 1) this.#next = sequence;
    else this.#requeued.add(sequence);
  }

  /** The message is gone from memory; its chunk too when it was the last one in it. */
  settle(chunk: Chunk, index: number): void {
    chunk.unload(index);
    chunk.states[index] = SLOT.settled;
    chunk.live--;
    if (chunk.live === 0 && chunk !== this.last) this.#dropChunk(chunk);
  }

  /** Oldest first; what is settled meanwhile may still be among them, and some may be packed. */
  liveChunks(): Chunk[] {
    return this.#chunks.filter((chunk) => chunk !== null);
  }
}
