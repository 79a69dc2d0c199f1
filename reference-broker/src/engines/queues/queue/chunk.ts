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
  /** It is transient and on disk, under the number in `stored`. */
  paged: 16,
  /** Of the two above: it is not in memory alone. */
  onDisk: 24,
  /** Dying, and the disk would not give it: nobody asks for it again. */
  setAside: 32,
} as const;

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** All that is to be known of a full chunk whose messages are ready, in the store alone, and of one kind. */
interface Uniform {
  readonly state: number;
  /** The store's number of the first; the others follow without gaps. */
  readonly firstNumber: number;
  /** Of each body, or one number for all. */
  readonly bodyBytes: Uint32Array | number;
}

interface Columns {
  readonly slots: (Message | null)[];
  readonly states: Uint8Array<ArrayBuffer>;
  readonly stored: Float64Array;
  readonly pagedBytes: Uint32Array;
}

const NO_SLOTS: (Message | null)[] = [];
const NO_STATES = new Uint8Array(0);
/** Columns of the last chunk that was packed, for the next one that needs some. */
let spare: Columns | null = null;

/**
 * A run of messages in the order of their sequences. Nothing is kept per message but its slot, one byte, and, where the
 * queue uses them, a deadline, a timer, the store's number and the size of a body that is paged out. Arrays grow with use:
 * a short queue stays small. Of a full chunk that waits in the store nothing is kept per message (pack), or 4 B where
 * bodies differ in size.
 */
export class Chunk {
  /** Sequence of slot 0. */
  base: number;
  /** null: settled, dying, or paged out. */
  slots: (Message | null)[] = [];
  states = new Uint8Array(FIRST_SLOTS);
  /** Milliseconds since 1970 or NEVER; null: none of them expires. */
  deadlines: Float64Array | null = null;
  /** Ids of timers, 0: none; null: none has one. */
  timers: Float64Array | null = null;
  /** The numbers of the messages marked `stored` or `paged`. */
  stored: Float64Array | null = null;
  /** Body bytes of the messages that are paged out. */
  pagedBytes: Uint32Array | null = null;
  /** Slots used from the front; those of them that are not settled; those that hold a message. */
  used = 0;
  live = 0;
  resident = 0;
  #packed: Uniform | null = null;

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

  get isPacked(): boolean {
    return this.#packed !== null;
  }

  /** Drops the columns of a full chunk if all its messages wait in the store, one like the other. */
  pack(): void {
    const { stored, pagedBytes } = this;
    if (stored === null || pagedBytes === null || this.live < CHUNK_SLOTS || this.resident > 0) return;
    if (this.deadlines !== null || this.timers !== null || this.#packed !== null) return;
    const state = this.states[0]!;
    if ((state & SLOT.phase) !== SLOT.ready) return;
    const firstNumber = stored[0]!;
    const firstBytes = pagedBytes[0]!;
    let isOneSize = true;
    for (let i = 1; i < CHUNK_SLOTS; i++) {
      if (this.states[i] !== state || stored[i] !== firstNumber + i) return;
      if (pagedBytes[i] !== firstBytes) isOneSize = false;
    }
    this.#packed = { state, firstNumber, bodyBytes: isOneSize ? firstBytes : pagedBytes.slice() };
    spare = { slots: this.slots, states: this.states, stored, pagedBytes };
    this.slots = NO_SLOTS;
    this.states = NO_STATES;
    this.stored = null;
    this.pagedBytes = null;
  }

  /** The columns are there again. */
  unpack(): void {
    const packed = this.#packed;
    if (packed === null) return;
    const { state, firstNumber, bodyBytes } = packed;
    const { slots, states, stored, pagedBytes } = takeColumns();
    slots.fill(null);
    states.fill(state);
    for (let i = 0; i < CHUNK_SLOTS; i++) stored[i] = firstNumber + i;
    if (typeof bodyBytes === "number") pagedBytes.fill(bodyBytes);
    else pagedBytes.set(bodyBytes);
    this.slots = slots;
    this.states = states;
    this.stored = stored;
    this.pagedBytes = pagedBytes;
    this.#packed = null;
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

  setPaged(index: number, number: number, bodyBytes: number): void {
    this.stored ??= new Float64Array(this.states.length);
    this.stored[index] = number;
    this.states[index] = this.states[index]! | SLOT.paged;
    this.setPagedBytes(index, bodyBytes);
  }

  setPagedBytes(index: number, bytes: number): void {
    this.pagedBytes ??= new Uint32Array(this.states.length);
    this.pagedBytes[index] = bytes;
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

function takeColumns(): Columns {
  const taken = spare;
  spare = null;
  if (taken !== null) return taken;
  return {
    slots: new Array<Message | null>(CHUNK_SLOTS),
    states: new Uint8Array(CHUNK_SLOTS),
    stored: new Float64Array(CHUNK_SLOTS),
    pagedBytes: new Uint32Array(CHUNK_SLOTS),
  };
}
