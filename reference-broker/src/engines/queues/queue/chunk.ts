import type { Message } from "../../../mechanisms/message.ts";

/** Slots of one chunk: 2^10, so that a settled run is given back soon and one unacknowledged message pins little. */
export const CHUNK_SLOTS = 1024;

/** Slots for which there is room at first; four times as many whenever they are used up. */
const FIRST_SLOTS = 64;
const GROWTH = 4;

/** A deadline that never comes. */
export const NEVER = Number.POSITIVE_INFINITY;

/** What a slot holds: one of four phases, and marks. One byte a message. */
export const SLOT = {
  phase: 3,
  ready: 0,
  unacknowledged: 1,
  /** Handed to the engine as a dead letter; its stored copy waits until that has arrived. */
  dying: 2,
  settled: 3,
  /** It was delivered before. */
  redelivered: 4,
  /** The store has it, under the number in `stored`. */
  stored: 8,
} as const;

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/**
 * A run of messages in the order of their sequences. Nothing is kept per message but its slot, one byte, and, where the
 * queue uses them, a deadline, a timer, the store's number and the size of a body that is paged out. Arrays grow with use:
 * a short queue stays small.
 */
export class Chunk {
  /** Sequence of slot 0. */
  base: number;
  /** null: settled, dying, or paged out. */
  readonly slots: (Message | null)[] = [];
  states = new Uint8Array(FIRST_SLOTS);
  /** Milliseconds since 1970 or NEVER; null: none of them expires. */
  deadlines: Float64Array | null = null;
  /** Ids of timers, 0: none; null: none has one. */
  timers: Float64Array | null = null;
  /** The store's numbers of the messages marked `stored`. */
  stored: Float64Array | null = null;
  /** Body bytes of the messages that are paged out. */
  pagedBytes: Uint32Array | null = null;
  /** Slots used from the front; those of them that are not settled; those that hold a message. */
  used = 0;
  live = 0;
  resident = 0;

  constructor(base: number) {
    this.base = base;
  }

  /** Uses the next slot; null: the message is in the store. Returns its index. */
  put(message: Message | null, state: number, deadlineMs: number): number {
    const index = this.used++;
    if (index === this.states.length) this.#grow(index * GROWTH);
    this.live++;
    if (message !== null) this.resident++;
    if (index === this.slots.length) this.slots.push(message);
    else this.slots[index] = message;
    this.states[index] = state;
    if (this.deadlines !== null) this.deadlines[index] = deadlineMs;
    else if (deadlineMs !== NEVER) this.#firstDeadline(index, deadlineMs);
    return index;
  }

  #firstDeadline(index: number, deadlineMs: number): void {
    this.deadlines = new Float64Array(this.states.length).fill(NEVER);
    this.deadlines[index] = deadlineMs;
  }

  #grow(slots: number): void {
    const { states, deadlines, timers, stored, pagedBytes } = this;
    this.states = new Uint8Array(slots);
    this.states.set(states);
    this.deadlines = deadlines && grown(deadlines, new Float64Array(slots).fill(NEVER));
    this.timers = timers && grown(timers, new Float64Array(slots));
    this.stored = stored && grown(stored, new Float64Array(slots));
    this.pagedBytes = pagedBytes && grown(pagedBytes, new Uint32Array(slots));
  }

  deadlineAt(index: number): number {
    return this.deadlines === null ? NEVER : this.deadlines[index]!;
  }

  bodyBytesAt(index: number): number {
    const message = this.slots[index];
    return message == null ? this.pagedBytes![index]! : message.bodyBytes;
  }

  setPhase(index: number, phase: number): void {
    this.states[index] = (this.states[index]! & ~SLOT.phase) | phase;
  }

  setTimer(index: number, timer: number): void {
    this.timers ??= new Float64Array(this.states.length);
    this.timers[index] = timer;
  }

  setStored(index: number, number: number): void {
    this.stored ??= new Float64Array(this.states.length);
    this.stored[index] = number;
    this.states[index] = this.states[index]! | SLOT.stored;
  }

  setPagedBytes(index: number, bytes: number): void {
    this.pagedBytes ??= new Uint32Array(this.states.length);
    this.pagedBytes[index] = bytes;
  }

  load(index: number, message: Message): void {
    this.slots[index] = message;
    this.resident++;
  }

  /** Lets go of the message, not of its slot. */
  unload(index: number): void {
    if (this.slots[index] === null) return;
    this.slots[index] = null;
    this.resident--;
  }

  /** All its slots are settled: it begins anew at `base` instead of being made again. */
  restart(base: number): void {
    this.base = base;
    this.used = 0;
  }
}
