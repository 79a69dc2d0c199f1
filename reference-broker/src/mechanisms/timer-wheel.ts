/**
 * Hierarchical timer wheel (Varghese and Lauck, scheme 7): four levels of 256 slots, doubly linked lists in typed arrays.
 * It knows ticks, not time; ticks are whole numbers below 2^53 and only move when `advance` is told so.
 *
 * A timer stands in the level of the highest byte in which its tick differs from the current one. So every slot behind
 * the current one, level by level, lies later in time, the next event is found in bitmaps, and advancing jumps from event
 * to event: a stall costs what it delayed, and idle time nothing. Ticks 2^32 or further ahead wait in a list of their own.
 */
import { invariant } from "../base/invariant.ts";

const LEVELS = 4;
const SLOT_BITS = 8;
const SLOTS = 256;
const WORDS_PER_LEVEL = SLOTS / 32;
/** `>>> 0` takes a number below 2^53 modulo this. */
const TWO_POW_32 = 2 ** 32;

/** Nodes below this are the heads of lists: one per slot and three more. */
const FAR = LEVELS * SLOTS;
/** Taken out of a slot whose time began, not yet put where they belong now. */
const CASCADING = FAR + 1;
const DUE = FAR + 2;
const HEADS = FAR + 3;

/** An id is generation * 2^28 + slot: below 2^53, above 0. */
const ID_SLOTS = 2 ** 28;
const MAX_GENERATION = 2 ** 24 - 1;
const INITIAL_TIMERS = 64;

export interface WheelVisitor {
  /** The timer's slot is free already; the visitor may insert and cancel. */
  expire(slot: number): void;
}

export class TimerWheel {
  #next = new Int32Array(HEADS + INITIAL_TIMERS);
  #previous = new Int32Array(HEADS + INITIAL_TIMERS);
  #dueTicks = new Float64Array(HEADS + INITIAL_TIMERS);
  /** Counts the uses of a node; an id of an earlier use is stale. */
  #generations = new Uint32Array(HEADS + INITIAL_TIMERS);
  readonly #occupied = new Int32Array(LEVELS * WORDS_PER_LEVEL);
  /** First of the free nodes, linked by `next`; -1: none. */
  #free = -1;
  #current: number;
  #size = 0;

  constructor(currentTick = 0) {
    this.#current = currentTick;
    for (let head = 0; head < HEADS; head++) this.#next[head] = this.#previous[head] = head;
    this.#release(HEADS, this.#next.length);
  }

  /** The slot that `id` was given: small numbers, used again, for arrays beside the wheel. */
  static slotOf(id: number): number {
    return id & (ID_SLOTS - 1);
  }

  get size(): number {
    return this.#size;
  }

  get currentTick(): number {
    return this.#current;
  }

  /** Returns the timer's id. A tick that is not in the future is due with the next `advance`. */
  insert(dueTick: number): number {
    if (this.#free < 0) this.#grow();
    const node = this.#free;
    this.#free = this.#next[node]!;
    this.#dueTicks[node] = dueTick;
    this.#place(node);
    this.#size++;
    return this.#generations[node]! * ID_SLOTS + (node - HEADS);
  }

  /** False when the timer has expired or was cancelled, or the id never was one. */
  cancel(id: number): boolean {
    const slot = id & (ID_SLOTS - 1);
    const node = slot + HEADS;
    if (node >= this.#next.length || this.#generations[node] !== (id - slot) / ID_SLOTS) return false;
    this.#unlink(node);
    this.#retire(node);
    return true;
  }

  /**
   * Moves on to `nowTick` and expires what is due, in the order of ticks. Does at most `budget` moves and expiries; true
   * when it stopped for that: the rest is done, still in order, by the next call.
   */
  advance(nowTick: number, budget: number, visitor: WheelVisitor): boolean {
    let left = budget;
    for (;;) {
      for (let node = this.#next[CASCADING]!; node !== CASCADING; node = this.#next[CASCADING]!) {
        if (left-- <= 0) return true;
        this.#unlink(node);
        this.#place(node);
      }
      for (let node = this.#next[DUE]!; node !== DUE; node = this.#next[DUE]!) {
        if (left-- <= 0) return true;
        this.#unlink(node);
        this.#retire(node);
        visitor.expire(node - HEADS);
      }
      if (!this.#step(nowTick)) return false;
    }
  }

  /** When `advance` has something to do, possibly only timers to move; Infinity: never. At most the earliest due tick. */
  nextTick(): number {
    if (this.#next[CASCADING] !== CASCADING || this.#next[DUE] !== DUE) return this.#current;
    const slot = this.#nextSlot();
    return slot < 0 ? Number.POSITIVE_INFINITY : this.#tickOf(slot);
  }

  /** Goes to the next event up to `nowTick` and takes its list; false when there is none and the time is `nowTick`. */
  #step(nowTick: number): boolean {
    const slot = this.#nextSlot();
    const tick = slot < 0 ? Number.POSITIVE_INFINITY : this.#tickOf(slot);
    if (tick > nowTick) {
      if (nowTick > this.#current) this.#current = nowTick;
      return false;
    }
    this.#current = tick;
    this.#moveList(slot, slot < SLOTS ? DUE : CASCADING);
    return true;
  }

  /** Head of the list that begins next, -1 when all are empty. */
  #nextSlot(): number {
    const low = this.#current >>> 0;
    for (let level = 0; level < LEVELS; level++) {
      const slot = this.#occupiedAfter(level, (low >>> (level * SLOT_BITS)) & (SLOTS - 1));
      if (slot >= 0) return slot;
    }
    return this.#next[FAR] === FAR ? -1 : FAR;
  }

  #occupiedAfter(level: number, digit: number): number {
    const first = digit + 1;
    let mask = -1 << (first & 31);
    for (let word = first >>> 5; word < WORDS_PER_LEVEL; word++) {
      const bits = this.#occupied[level * WORDS_PER_LEVEL + word]! & mask;
      if (bits !== 0) return level * SLOTS + word * 32 + (31 - Math.clz32(bits & -bits));
      mask = -1;
    }
    return -1;
  }

  /** First tick of a slot that lies behind the current one. */
  #tickOf(slot: number): number {
    const low = this.#current >>> 0;
    const high = this.#current - low;
    if (slot === FAR) return high + TWO_POW_32;
    const shift = (slot >>> SLOT_BITS) * SLOT_BITS;
    // Shifts count modulo 32, so the bytes above the highest level need a case of their own.
    const above = shift === 24 ? 0 : (low >>> (shift + SLOT_BITS)) << (shift + SLOT_BITS);
    return high + ((above | ((slot & (SLOTS - 1)) << shift)) >>> 0);
  }

  #place(node: number): void {
    const due = this.#dueTicks[node]!;
    const current = this.#current;
    if (due <= current) {
      this.#append(DUE, node);
      return;
    }
    const dueLow = due >>> 0;
    const currentLow = current >>> 0;
    if (due - dueLow !== current - currentLow) {
      this.#append(FAR, node);
      return;
    }
    const level = (31 - Math.clz32(dueLow ^ currentLow)) >>> 3;
    const slot = level * SLOTS + ((dueLow >>> (level * SLOT_BITS)) & (SLOTS - 1));
    this.#occupied[slot >>> 5]! |= 1 << (slot & 31);
    this.#append(slot, node);
  }

  #append(head: number, node: number): void {
    const last = this.#previous[head]!;
    this.#next[last] = node;
    this.#previous[node] = last;
    this.#next[node] = head;
    this.#previous[head] = node;
  }

  #unlink(node: number): void {
    const before = this.#previous[node]!;
    const after = this.#next[node]!;
    this.#next[before] = after;
    this.#previous[after] = before;
    if (before === after && before < FAR) this.#occupied[before >>> 5]! &= ~(1 << (before & 31));
  }

  /** Appends the whole list of `from` to that of `to`, which is empty. */
  #moveList(from: number, to: number): void {
    const first = this.#next[from]!;
    const last = this.#previous[from]!;
    this.#next[to] = first;
    this.#previous[first] = to;
    this.#next[last] = to;
    this.#previous[to] = last;
    this.#next[from] = this.#previous[from] = from;
    if (from < FAR) this.#occupied[from >>> 5]! &= ~(1 << (from & 31));
  }

  #retire(node: number): void {
    this.#generations[node] = (this.#generations[node]! % MAX_GENERATION) + 1;
    this.#next[node] = this.#free;
    this.#free = node;
    this.#size--;
  }

  #release(from: number, to: number): void {
    for (let node = to - 1; node >= from; node--) {
      this.#generations[node] = 1;
      this.#next[node] = this.#free;
      this.#free = node;
    }
  }

  #grow(): void {
    const timers = this.#next.length - HEADS;
    invariant(timers < ID_SLOTS, "fewer than 2^28 timers");
    const length = HEADS + timers * 2;
    this.#next = copyInto(new Int32Array(length), this.#next);
    this.#previous = copyInto(new Int32Array(length), this.#previous);
    this.#dueTicks = copyInto(new Float64Array(length), this.#dueTicks);
    this.#generations = copyInto(new Uint32Array(length), this.#generations);
    this.#release(HEADS + timers, length);
  }
}

function copyInto<T extends Int32Array | Uint32Array | Float64Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
