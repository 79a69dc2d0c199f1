import type { Message } from "../../../mechanisms/message.ts";
import { NOT_SHARED, recordBytesBound } from "./record.ts";

const INITIAL_MESSAGES = 16;
/** A burst's arrays are given back. */
const KEPT_MESSAGES = 4096;

/** Messages appended and not written yet, in the order of their sequences. Those settled meanwhile are null. */
export class UnwrittenMessages {
  #messages: (Message | null)[] = [];
  #sequences = new Float64Array(INITIAL_MESSAGES);
  #deadlinesMs = new Float64Array(INITIAL_MESSAGES);
  /** Numbers of bodies stored elsewhere. */
  #bodyIds = new Float64Array(INITIAL_MESSAGES);
  #start = 0;
  #end = 0;
  /** At least what the messages take in the file; those settled meanwhile included. */
  bytesBound = 0;
  /** Messages that are not settled. */
  liveCount = 0;

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

  message(index: number): Message | null {
    return this.#messages[index]!;
  }

  sequence(index: number): number {
    return this.#sequences[index]!;
  }

  deadlineMs(index: number): number {
    return this.#deadlinesMs[index]!;
  }

  bodyId(index: number): number {
    return this.#bodyIds[index]!;
  }

  add(message: Message | null, sequence: number, deadlineMs: number, bodyId: number): void {
    const index = this.#end++;
    if (index === this.#sequences.length) this.#grow();
    this.#messages[index] = message;
    this.#sequences[index] = sequence;
    this.#deadlinesMs[index] = deadlineMs;
    this.#bodyIds[index] = bodyId;
    if (message === null) return;
    this.bytesBound += recordBytesBound(message, bodyId);
    this.liveCount++;
  }

  /** The message of this sequence if it is here and not settled, or null. */
  find(sequence: number): Message | null {
    const index = this.#indexOf(sequence);
    return index < 0 ? null : this.#messages[index]!;
  }

  /** The body of this message is stored elsewhere after all. False when the message is not here, or settled already. */
  shareBody(sequence: number, bodyId: number): boolean {
    const index = this.#indexOf(sequence);
    const message = index < 0 ? null : this.#messages[index]!;
    if (message === null) return false;
    this.bytesBound += recordBytesBound(message, bodyId) - recordBytesBound(message, NOT_SHARED);
    this.#bodyIds[index] = bodyId;
    return true;
  }

  /** False when it is not here, or settled already. */
  settle(sequence: number): boolean {
    const index = this.#indexOf(sequence);
    if (index < 0 || this.#messages[index] === null) return false;
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
    while (this.#messages[this.#start] === null) this.#start++;
  }

  /** Those before `index` are written. */
  written(index: number): void {
    for (let i = this.#start; i < index; i++) {
      if (this.#messages[i] !== null) this.liveCount--;
      this.#messages[i] = null;
    }
    this.#start = index;
    if (this.isEmpty) this.clear();
  }

  /** Calls `visit` with the sequence of each one that is not settled. */
  forEachLive(visit: (sequence: number) => void): void {
    for (let i = this.#start; i < this.#end; i++) {
      if (this.#messages[i] !== null) visit(this.#sequences[i]!);
    }
  }

  /** Takes over the messages of `later`, all of which follow. */
  absorb(later: UnwrittenMessages): void {
    for (let i = later.start; i < later.end; i++) {
      this.add(later.message(i), later.sequence(i), later.deadlineMs(i), later.bodyId(i));
    }
  }

  clear(): void {
    if (this.#end > KEPT_MESSAGES) {
      this.#messages = [];
      this.#sequences = new Float64Array(INITIAL_MESSAGES);
      this.#deadlinesMs = new Float64Array(INITIAL_MESSAGES);
      this.#bodyIds = new Float64Array(INITIAL_MESSAGES);
    } else {
      this.#messages.fill(null, 0, this.#end);
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
    this.#sequences = grown(this.#sequences, length);
    this.#deadlinesMs = grown(this.#deadlinesMs, length);
    this.#bodyIds = grown(this.#bodyIds, length);
  }
}

function grown(source: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const target = new Float64Array(length);
  target.set(source);
  return target;
}
