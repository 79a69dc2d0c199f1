/**
 * Hierarchical timer wheel (Varghese and Lauck, scheme 7): four levels of 256 slots, doubly linked lists in typed arrays.
 * It knows ticks, not time; ticks are whole numbers below 2^53 and only move when `advance` is told so.
 *
 * A timer stands in the level of the highest byte in which its tick differs from the current one. So every slot behind
 * the current one, level by level, lies later in time, the next event is found in bitmaps, and advancing jumps from event
 * to event: a stall costs what it delayed, and idle time nothing. Ticks of another 2^32 wait in a list of their own.
 *
 * Speed is cache misses. Lists run through cells of 8 B that hold nothing else, and free slots are bits that a cursor
 * sweeps over: timers inserted one after the other lie one after the other, however their slots became free.
 */
import { invariant } from "../base/invariant.ts";

const LEVELS = 4;
const SLOT_BITS = 8;
const SLOTS = 256;
const WORDS_PER_LEVEL = SLOTS / 32;
const TWO_POW_32 = 2 ** 32;

/** A cell is next and previous of its list, both as cells; it is named by the index of its first word. */
const PREVIOUS = 1;
const CELL_BITS = 1;
/** In `previous`: in no list. */
const FREE = -1;

/** The first cells are the heads of lists: one per slot of the wheel and three more. Those of timers follow. */
const FAR = (LEVELS * SLOTS) << CELL_BITS;
/** Taken out of a slot whose time began, not yet put where they belong now. */
const CASCADING = FAR + (1 << CELL_BITS);
const DUE = CASCADING + (1 << CELL_BITS);
const HEADS = LEVELS * SLOTS + 3;

const MAX_TIMERS = 2 ** 28;
const MAX_GENERATION = 2 ** 20 - 1;
const INITIAL_TIMERS = 64;
const WORD_BITS = 5;

export interface WheelVisitor {
  /** The timer's slot is free already; the visitor may insert and cancel. */
  expire(slot: number): void;
}

export class TimerWheel {
  /** Since the wheel was made; `cascaded` counts moves to a lower level. */
  inserted = 0;
  expired = 0;
  cancelled = 0;
  cascaded = 0;
  #capacity = INITIAL_TIMERS;
  #cells = new Int32Array((HEADS + INITIAL_TIMERS) << CELL_BITS);
  /** By slot of the timer: its tick modulo 2^32. */
  #dueLows = new Uint32Array(INITIAL_TIMERS);
  /** By slot: counts its uses, from 1 again after the last. */
  #generations = new Uint32Array(INITIAL_TIMERS);
  /** By slot, of timers in the far list: the tick divided by 2^32. Empty until there is one. */
  #farEpochs = new Uint32Array(0);
  /** A bit per slot. */
  #freeBits = new Int32Array(INITIAL_TIMERS >>> WORD_BITS).fill(-1);
  /** The word of `freeBits` whose slots are given out now, and which of them are left. */
  #word = 0;
  #left = 0;
  readonly #occupied = new Int32Array(LEVELS * WORDS_PER_LEVEL);
  #current: number;
  /** The first tick that differs from the current one above its 32 low bits. */
  #epochEnd: number;
  /** What is in the cascading list came from the far one. */
  #cascadesFar = false;

  constructor(currentTick = 0) {
    this.#current = currentTick;
    this.#epochEnd = epochEndOf(currentTick);
    for (let head = 0; head < HEADS; head++) this.#clear(head << CELL_BITS);
  }

  get size(): number {
    return this.inserted - this.expired - this.cancelled;
  }

  get currentTick(): number {
    return this.#current;
  }

  /**
   * Returns the timer's slot: small numbers, used again, for arrays beside the wheel. With its generation, 1 to 2^20 - 1, it
   * names the timer for good. A tick that is not in the future is due with the next `advance`.
   */
  insert(dueTick: number): number {
    if (this.#left === 0) this.#nextWord();
    const left = this.#left;
    this.#left = left & (left - 1);
    const slot = (this.#word << WORD_BITS) + 31 - Math.clz32(left & -left);
    const cell = (slot + HEADS) << CELL_BITS;
    const used = this.#generations[slot]!;
    this.#generations[slot] = used === MAX_GENERATION ? 1 : used + 1;
    this.#dueLows[slot] = dueTick;
    if (dueTick >= this.#epochEnd) this.#appendFar(cell, Math.floor(dueTick / TWO_POW_32));
    else if (dueTick <= this.#current) this.#append(DUE, cell);
    else this.#place(cell, dueTick >>> 0, this.#current >>> 0);
    this.inserted++;
    return slot;
  }

  /** Of the latest timer of a slot; 0: it had none. */
  generationOf(slot: number): number {
    return this.#generations[slot]!;
  }

  /** False when the timer has expired or was cancelled, or there never was one. */
  cancel(slot: number, generation: number): boolean {
    if (generation === 0 || slot >= this.#capacity || this.#generations[slot] !== generation) return false;
    const cell = (slot + HEADS) << CELL_BITS;
    const cells = this.#cells;
    const before = cells[cell + PREVIOUS]!;
    if (before === FREE) return false;
    const after = cells[cell]!;
    cells[before] = after;
    cells[after + PREVIOUS] = before;
    if (before === after && before < FAR) this.#markEmpty(before >> CELL_BITS);
    this.#retire(cell);
    this.cancelled++;
    return true;
  }

  /**
   * Moves on to `nowTick` and expires what is due, in the order of ticks. Does at most `budget` moves and expiries; true
   * when it stopped for that: the rest is done, still in order, by the next call.
   */
  advance(nowTick: number, budget: number, visitor: WheelVisitor): boolean {
    let left = budget;
    do {
      left = this.#cascade(left);
      left = this.#expireDue(left, visitor);
      if (this.#hasBegun) return true;
    } while (this.#step(nowTick));
    return false;
  }

  /** When `advance` has something to do, possibly only timers to move; Infinity: never. At most the earliest due tick. */
  nextTick(): number {
    if (this.#hasBegun) return this.#current;
    const slot = this.#nextSlot();
    return slot < 0 ? Number.POSITIVE_INFINITY : this.#tickOf(slot);
  }

  /** Some timers of the current tick are not where they belong, or not expired. */
  get #hasBegun(): boolean {
    return this.#cells[CASCADING] !== CASCADING || this.#cells[DUE] !== DUE;
  }

  /** Puts timers where they belong now; returns what is left of the budget. */
  #cascade(budget: number): number {
    const cells = this.#cells;
    const currentLow = this.#current >>> 0;
    let left = budget;
    let cell = cells[CASCADING]!;
    for (; cell !== CASCADING && left > 0; left--) {
      const after = cells[cell]!;
      const slot = (cell >> CELL_BITS) - HEADS;
      const dueLow = this.#dueLows[slot]!;
      if (this.#cascadesFar && this.#farEpochs[slot]! * TWO_POW_32 >= this.#epochEnd) this.#append(FAR, cell);
      else if (dueLow === currentLow) this.#append(DUE, cell);
      else this.#place(cell, dueLow, currentLow);
      cell = after;
    }
    cells[CASCADING] = cell;
    cells[cell + PREVIOUS] = CASCADING;
    this.cascaded += budget - left;
    return left;
  }

  #expireDue(budget: number, visitor: WheelVisitor): number {
    let left = budget;
    // The visitor may make the cells grow, which moves them.
    for (let cells = this.#cells; left > 0 && cells[DUE] !== DUE; cells = this.#cells) {
      left--;
      const cell = cells[DUE]!;
      const after = cells[cell]!;
      cells[DUE] = after;
      cells[after + PREVIOUS] = DUE;
      this.#retire(cell);
      this.expired++;
      visitor.expire((cell >> CELL_BITS) - HEADS);
    }
    return left;
  }

  /** Goes to the next event up to `nowTick` and takes its list; false when there is none and the time is `nowTick`. */
  #step(nowTick: number): boolean {
    const slot = this.#nextSlot();
    const tick = slot < 0 ? Number.POSITIVE_INFINITY : this.#tickOf(slot);
    if (tick > nowTick) {
      if (nowTick > this.#current) this.#moveTo(nowTick);
      return false;
    }
    this.#moveTo(tick);
    this.#cascadesFar = slot << CELL_BITS === FAR;
    this.#takeList(slot, slot < SLOTS ? DUE : CASCADING);
    return true;
  }

  #moveTo(tick: number): void {
    this.#current = tick;
    if (tick >= this.#epochEnd) this.#epochEnd = epochEndOf(tick);
  }

  /** The list that begins next, -1 when all are empty. */
  #nextSlot(): number {
    const low = this.#current >>> 0;
    for (let level = 0; level < LEVELS; level++) {
      const slot = this.#occupiedAfter(level, (low >>> (level * SLOT_BITS)) & (SLOTS - 1));
      if (slot >= 0) return slot;
    }
    return this.#cells[FAR] === FAR ? -1 : FAR >> CELL_BITS;
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
    if (slot << CELL_BITS === FAR) return this.#epochEnd;
    const low = this.#current >>> 0;
    const shift = (slot >>> SLOT_BITS) * SLOT_BITS;
    // Shifts count modulo 32, so the bytes above the highest level need a case of their own.
    const above = shift === 24 ? 0 : (low >>> (shift + SLOT_BITS)) << (shift + SLOT_BITS);
    return this.#current - low + ((above | ((slot & (SLOTS - 1)) << shift)) >>> 0);
  }

  /** Into the slot of a later tick of the current epoch. */
  #place(cell: number, dueLow: number, currentLow: number): void {
    const level = (31 - Math.clz32(dueLow ^ currentLow)) >>> 3;
    const slot = level * SLOTS + ((dueLow >>> (level * SLOT_BITS)) & (SLOTS - 1));
    const head = slot << CELL_BITS;
    if (this.#cells[head] === head) this.#occupied[slot >>> 5]! |= 1 << (slot & 31);
    this.#append(head, cell);
  }

  #appendFar(cell: number, epoch: number): void {
    if (this.#farEpochs.length < this.#capacity) {
      this.#farEpochs = copyInto(new Uint32Array(this.#capacity), this.#farEpochs);
    }
    this.#farEpochs[(cell >> CELL_BITS) - HEADS] = epoch;
    this.#append(FAR, cell);
  }

  #append(head: number, cell: number): void {
    const cells = this.#cells;
    const last = cells[head + PREVIOUS]!;
    cells[last] = cell;
    cells[cell] = head;
    cells[cell + PREVIOUS] = last;
    cells[head + PREVIOUS] = cell;
  }

  /** Makes the list of a slot that of `to`, which is empty. */
  #takeList(slot: number, to: number): void {
    const cells = this.#cells;
    const from = slot << CELL_BITS;
    const first = cells[from]!;
    const last = cells[from + PREVIOUS]!;
    cells[to] = first;
    cells[first + PREVIOUS] = to;
    cells[last] = to;
    cells[to + PREVIOUS] = last;
    this.#clear(from);
    if (from < FAR) this.#markEmpty(slot);
  }

  #clear(head: number): void {
    this.#cells[head] = this.#cells[head + PREVIOUS] = head;
  }

  #markEmpty(slot: number): void {
    this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31));
  }

  #retire(cell: number): void {
    this.#cells[cell + PREVIOUS] = FREE;
    const slot = (cell >> CELL_BITS) - HEADS;
    this.#freeBits[slot >>> WORD_BITS]! |= 1 << (slot & 31);
  }

  /** With a free slot per word on average, finding the next costs a word on average, however they are distributed. */
  #nextWord(): void {
    const bits = this.#freeBits;
    if (this.#capacity - this.size < bits.length) {
      this.#grow();
      return;
    }
    let word = this.#word;
    do word = word + 1 < bits.length ? word + 1 : 0;
    while (bits[word] === 0);
    this.#takeWord(word);
  }

  #takeWord(word: number): void {
    this.#word = word;
    this.#left = this.#freeBits[word]!;
    this.#freeBits[word] = 0;
  }

  #grow(): void {
    const before = this.#capacity;
    invariant(before < MAX_TIMERS, "fewer than 2^28 timers");
    const capacity = before * 2;
    this.#capacity = capacity;
    this.#cells = copyInto(new Int32Array((HEADS + capacity) << CELL_BITS), this.#cells);
    this.#dueLows = copyInto(new Uint32Array(capacity), this.#dueLows);
    this.#generations = copyInto(new Uint32Array(capacity), this.#generations);
    this.#freeBits = copyInto(new Int32Array(capacity >>> WORD_BITS), this.#freeBits);
    this.#freeBits.fill(-1, before >>> WORD_BITS);
    this.#takeWord(before >>> WORD_BITS);
  }
}

function epochEndOf(tick: number): number {
  return (Math.floor(tick / TWO_POW_32) + 1) * TWO_POW_32;
}

function copyInto<T extends Int32Array | Uint32Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
