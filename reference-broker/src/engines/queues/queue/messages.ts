import { invariant } from "../../../base/invariant.ts";
import { addStatistics, countersOf } from "../../../base/statistics.ts";
import type { Message } from "../../../mechanisms/message.ts";
import type { Timers, TimerTarget } from "../../../mechanisms/timers.ts";
import type { BodyCache } from "../body-cache.ts";
import type { QueueEnvironment } from "../queue-environment.ts";
import {
  QUEUE_COUNTERS,
  type QueueCounters,
  STORE_COUNTERS,
  STORE_STATISTICS,
  type StoreStatistics,
} from "../statistics.ts";
import { NO_DEADLINE, type QueueStore, StoredMessageError } from "../store/contract.ts";
import { type Chunk, NEVER, SLOT } from "./chunk.ts";
import { Lane } from "./lane.ts";
import { moveToPages, pageOutLane, pageOutSlot } from "./paging.ts";
import { SettledRuns } from "./settled-runs.ts";
import { TransientPages } from "./transient-pages.ts";

/** A position is a lane and a sequence in it: lane * 2^45 + sequence stays below 2^53 with 256 lanes. */
const LANE_SPAN = 2 ** 45;

type MessagesEnvironment = Pick<QueueEnvironment, "store" | "openPages" | "cache" | "timers">;

/**
 * The messages of one queue: in lanes by priority; ready, unacknowledged or dying; in memory, in the store or both. It
 * keeps and counts; what becomes of a message is the queue's decision. Bytes are those of bodies.
 */
export class QueueMessages {
  readyCount = 0;
  readyBytes = 0;
  unacknowledgedCount = 0;
  /** Bodies in memory. */
  residentBytes = 0;
  /** Some message has, or had, a deadline. */
  hasDeadlines = false;
  readonly counters: QueueCounters = countersOf(QUEUE_COUNTERS);
  /** Of the message that kill() returned: what to say when it has arrived; -1: nothing of it is stored. */
  killedPosition = -1;

  readonly #lanes: Lane[] = [];
  readonly #store: QueueStore | null;
  readonly #pages: TransientPages;
  readonly #cache: BodyCache;
  readonly #timers: Timers;
  /** Bodies in memory that the store has. */
  #cachedBytes = 0;
  /** The store's numbers rise over all lanes. */
  #nextNumber: number;
  /** No lane above this one has anything ready. */
  #top = 0;
  /** The lane of the head; valid as in Lane.findHead. */
  #head: Lane;

  constructor(maxPriority: number, environment: MessagesEnvironment) {
    const { store } = environment;
    for (let priority = 0; priority <= maxPriority; priority++) this.#lanes.push(new Lane());
    this.#head = this.#lanes[0]!;
    this.#store = store;
    this.#pages = new TransientPages(() => environment.openPages());
    this.#cache = environment.cache;
    this.#timers = environment.timers;
    this.#nextNumber = store === null ? 0 : store.nextSequence;
  }

  /** Of the durable storage and of paged transient messages. */
  storeStatistics(): StoreStatistics {
    const sum = countersOf(STORE_STATISTICS);
    for (const store of [this.#store, this.#pages.storeOrNull]) {
      if (store === null) continue;
      addStatistics(STORE_COUNTERS, sum, store.counters);
      sum.segments += store.segmentCount;
      sum.storedBytes += store.fileBytes;
    }
    return sum;
  }

  get laneCount(): number {
    return this.#lanes.length;
  }

  /** Whether this message would be stored. */
  stores(message: Message): boolean {
    return this.#store !== null && message.persistent;
  }

  /** Adds a ready message behind those of its priority. Returns its position. */
  append(message: Message, deadlineMs: number): number {
    this.readyCount++;
    this.readyBytes += message.bodyBytes;
    return this.#add(message, SLOT.ready, deadlineMs);
  }

  /** Adds a message that goes to a consumer at once. Only when nothing is ready. Returns its position. */
  appendUnacknowledged(message: Message, deadlineMs: number): number {
    this.unacknowledgedCount++;
    return this.#add(message, SLOT.unacknowledged, deadlineMs);
  }

  #add(message: Message, phase: number, deadlineMs: number): number {
    const index = this.#laneIndex(message.priority);
    const lane = this.#lanes[index]!;
    if (deadlineMs !== NEVER) this.hasDeadlines = true;
    const hasRoom = !this.#cache.isFull;
    const number = this.stores(message) ? this.#offer(message, deadlineMs, hasRoom) : -1;
    const isStored = number >= 0;
    const page = isStored || phase !== SLOT.ready || !this.#cache.isPaging ? -1 : this.#pages.add(message);
    const isKept = page < 0 && (hasRoom || !isStored);
    if (isKept) message.keep();
    const sequence = lane.append(isKept ? message : null, phase, deadlineMs);
    const chunk = lane.last;
    const slot = chunk.used - 1;
    if (isStored) chunk.setStored(slot, number);
    if (isKept) this.#hold(message.bodyBytes, isStored);
    else if (isStored) this.#leaveToStore(chunk, slot, message.bodyBytes);
    else this.#leaveToPages(chunk, slot, page, message.bodyBytes);
    return index * LANE_SPAN + sequence;
  }

  #leaveToStore(chunk: Chunk, slot: number, bodyBytes: number): void {
    chunk.setPagedBytes(slot, bodyBytes);
    this.counters.uncachedMessages++;
  }

  #leaveToPages(chunk: Chunk, slot: number, number: number, bodyBytes: number): void {
    chunk.setPaged(slot, number, bodyBytes);
    this.counters.pagedMessages++;
  }

  /** The store's number of the message; -1: it cannot store it. */
  #offer(message: Message, deadlineMs: number, isKept: boolean): number {
    const number = this.#nextNumber++;
    const deadline = deadlineMs === NEVER ? NO_DEADLINE : deadlineMs;
    return this.#store!.append(message, number, deadline, isKept) ? number : -1;
  }

  #hold(bytes: number, isStored: boolean): void {
    this.residentBytes += bytes;
    if (!isStored) return;
    this.#cachedBytes += bytes;
    this.#cache.usedBytes += bytes;
  }

  #letGo(bytes: number, isStored: boolean): void {
    this.#hold(-bytes, isStored);
  }

  #laneIndex(priority: number): number {
    const index = Math.min(priority, this.#lanes.length - 1);
    if (index > this.#top) this.#top = index;
    return index;
  }

  /** Finds the first ready message of the highest priority; what head* says is of it, until anything changes. */
  findHead(): boolean {
    if (this.readyCount === 0) return false;
    while (this.#lanes[this.#top]!.readyCount === 0) this.#top--;
    this.#head = this.#lanes[this.#top]!;
    return this.#head.findHead();
  }

  get headPosition(): number {
    return this.#top * LANE_SPAN + this.#head.headSequence;
  }

  get headDeadlineMs(): number {
    return this.#head.headChunk.deadlineAt(this.#head.headIndex);
  }

  get isHeadRedelivered(): boolean {
    return (this.#head.headChunk.states[this.#head.headIndex]! & SLOT.redelivered) !== 0;
  }

  /** null: it is paged out. */
  get headMessage(): Message | null {
    return this.#head.headChunk.slots[this.#head.headIndex]!;
  }

  /** Reads a head that is paged out, from the disk if need be. It is lent. null: it was damaged, and is gone. */
  loadHead(): Message | null {
    return this.#load(this.#head, this.#head.headChunk, this.#head.headIndex);
  }

  /** Of a head that is paged out: loadHead need not wait for the disk. */
  get isHeadAtHand(): boolean {
    const { headChunk: chunk, headIndex: index } = this.#head;
    return this.#keeperOf(chunk, index).isAtHand(chunk.stored![index]!);
  }

  /** Reads a head that is paged out while other work goes on. It is at hand when this resolves, or was damaged and is gone. */
  async fetchHead(): Promise<void> {
    const position = this.headPosition;
    const { headChunk, headIndex } = this.#head;
    const number = headChunk.stored![headIndex]!;
    const message = await this.#keeperOf(headChunk, headIndex)
      .read(number)
      .catch((error: unknown) => {
        if (error instanceof StoredMessageError) return null;
        throw error;
      });
    // It may have expired or been purged meanwhile.
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = lane.chunkOf(sequence);
    if (chunk === null) return;
    const index = sequence - chunk.base;
    if ((chunk.states[index]! & SLOT.phase) !== SLOT.ready || chunk.slots[index] !== null) return;
    if (message === null) this.#dropDamaged(lane, chunk, index);
  }

  #load(lane: Lane, chunk: Chunk, index: number): Message | null {
    const held = chunk.slots[index]!;
    if (held !== null) return held;
    try {
      this.counters.cacheMisses++;
      return this.#keeperOf(chunk, index).readSync(chunk.stored![index]!);
    } catch (error) {
      if (!(error instanceof StoredMessageError)) throw error;
      this.#dropDamaged(lane, chunk, index);
      return null;
    }
  }

  /** Who has a message that is not in memory. */
  #keeperOf(chunk: Chunk, index: number): QueueStore {
    return (chunk.states[index]! & SLOT.stored) !== 0 ? this.#store! : this.#pages.store;
  }

  #dropDamaged(lane: Lane, chunk: Chunk, index: number): void {
    this.counters.damagedMessages++;
    this.#leave(lane, chunk, index);
    this.#settle(lane, chunk, index);
  }

  /** The head goes to a consumer that will acknowledge it. */
  deliverHead(): void {
    const lane = this.#head;
    this.#leave(lane, lane.headChunk, lane.headIndex);
    // Wanted again only if it comes back.
    if (this.#cache.isFull) this.#pageOutSlot(lane.headChunk, lane.headIndex);
    lane.headChunk.setPhase(lane.headIndex, SLOT.unacknowledged);
    this.unacknowledgedCount++;
    lane.passHead();
  }

  /** The head is gone: delivered without acknowledgement, or dropped. */
  settleHead(): void {
    const lane = this.#head;
    this.#leave(lane, lane.headChunk, lane.headIndex);
    lane.passHead();
    this.#settle(lane, lane.headChunk, lane.headIndex);
  }

  /** No longer ready, or no longer unacknowledged. */
  #leave(lane: Lane, chunk: Chunk, index: number): void {
    if ((chunk.states[index]! & SLOT.phase) === SLOT.ready) {
      lane.readyCount--;
      this.readyCount--;
      this.readyBytes -= chunk.bodyBytesAt(index);
    } else {
      this.unacknowledgedCount--;
    }
  }

  #settle(lane: Lane, chunk: Chunk, index: number): void {
    this.#forget(chunk, index);
    if ((chunk.states[index]! & SLOT.onDisk) !== 0) {
      this.#keeperOf(chunk, index).settle(chunk.stored![index]!);
    }
    lane.settle(chunk, index);
  }

  /** Lets go of the message and its timer. */
  #forget(chunk: Chunk, index: number): void {
    const message = chunk.slots[index]!;
    if (message !== null) this.#letGo(message.bodyBytes, (chunk.states[index]! & SLOT.stored) !== 0);
    chunk.unload(index);
    if (chunk.timers === null) return;
    this.#timers.cancel(chunk.timers[index]!);
    chunk.timers[index] = 0;
  }

  #laneOf(position: number): Lane {
    return this.#lanes.length === 1 ? this.#lanes[0]! : this.#lanes[Math.floor(position / LANE_SPAN)]!;
  }

  #sequenceOf(position: number): number {
    return this.#lanes.length === 1 ? position : position % LANE_SPAN;
  }

  /** The chunk of a position that the caller must have from a delivery, and not have settled. */
  #unacknowledgedChunk(lane: Lane, sequence: number, position: number): Chunk {
    const chunk = lane.chunkOf(sequence);
    invariant(
      chunk !== null && (chunk.states[sequence - chunk.base]! & SLOT.phase) === SLOT.unacknowledged,
      `position ${position} is not unacknowledged`,
    );
    return chunk;
  }

  /** Acknowledged: gone. */
  settle(position: number): void {
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = this.#unacknowledgedChunk(lane, sequence, position);
    this.unacknowledgedCount--;
    this.#settle(lane, chunk, sequence - chunk.base);
  }

  /** Ready again where it stood, and redelivered. Of several, highest first is cheapest. Returns its deadline. */
  requeue(position: number): number {
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = this.#unacknowledgedChunk(lane, sequence, position);
    const index = sequence - chunk.base;
    this.unacknowledgedCount--;
    chunk.states[index] = (chunk.states[index]! & SLOT.onDisk) | SLOT.redelivered | SLOT.ready;
    this.readyCount++;
    this.readyBytes += chunk.bodyBytesAt(index);
    lane.reinsert(sequence);
    if (this.#lanes.length > 1) this.#top = Math.max(this.#top, Math.floor(position / LANE_SPAN));
    return chunk.deadlineAt(index);
  }

  /** A ready message is gone, out of turn. */
  discard(position: number): void {
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = lane.chunkOf(sequence)!;
    this.#leave(lane, chunk, sequence - chunk.base);
    this.#settle(lane, chunk, sequence - chunk.base);
  }

  /**
   * Takes a ready or unacknowledged message out as a dead letter. Its stored copy waits for `bury(killedPosition)`. null: it
   * was damaged.
   */
  kill(position: number): Message | null {
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = lane.chunkOf(sequence)!;
    const index = sequence - chunk.base;
    const message = this.#load(lane, chunk, index);
    if (message === null) return null;
    this.#leave(lane, chunk, index);
    const isStored = (chunk.states[index]! & SLOT.stored) !== 0;
    this.killedPosition = isStored ? position : -1;
    if (isStored) {
      this.#forget(chunk, index);
      chunk.setPhase(index, SLOT.dying);
    } else this.#settle(lane, chunk, index);
    return message;
  }

  /** A killed message is where it belongs. */
  bury(position: number): void {
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = lane.chunkOf(sequence);
    invariant(
      chunk !== null && (chunk.states[sequence - chunk.base]! & SLOT.phase) === SLOT.dying,
      `position ${position} is not dying`,
    );
    this.#settle(lane, chunk, sequence - chunk.base);
  }

  /** Calls `target.expired(position)` at the message's deadline, as long as it is not settled. */
  schedule(position: number, target: TimerTarget): void {
    const sequence = this.#sequenceOf(position);
    const chunk = this.#laneOf(position).chunkOf(sequence)!;
    const index = sequence - chunk.base;
    if (chunk.timers !== null && chunk.timers[index] !== 0) return;
    chunk.setTimer(index, this.#timers.schedule(chunk.deadlineAt(index), target, position));
  }

  /** The timer has called. Whether the message is ready: an unacknowledged one expires when it is requeued. */
  isDue(position: number): boolean {
    const sequence = this.#sequenceOf(position);
    const chunk = this.#laneOf(position).chunkOf(sequence)!;
    const index = sequence - chunk.base;
    chunk.timers![index] = 0;
    return (chunk.states[index]! & SLOT.phase) === SLOT.ready;
  }

  /** Ready messages are gone, unacknowledged ones stay. Returns how many. */
  purge(): number {
    const count = this.readyCount;
    const stored = new SettledRuns(this.#store);
    const paged = new SettledRuns(this.#pages.storeOrNull);
    for (const lane of this.#lanes) {
      for (const chunk of lane.liveChunks()) this.#purgeChunk(lane, chunk, stored, paged);
    }
    stored.end();
    paged.end();
    return count;
  }

  #purgeChunk(lane: Lane, chunk: Chunk, stored: SettledRuns, paged: SettledRuns): void {
    chunk.unpack();
    for (let index = 0; index < chunk.used; index++) {
      if ((chunk.states[index]! & SLOT.phase) !== SLOT.ready) continue;
      this.#leave(lane, chunk, index);
      this.#forget(chunk, index);
      const state = chunk.states[index]!;
      if ((state & SLOT.stored) !== 0) stored.add(chunk.stored![index]!);
      else if ((state & SLOT.paged) !== 0) paged.add(chunk.stored![index]!);
      lane.settle(chunk, index);
    }
  }

  /** Everything is forgotten, nothing is said to the store. Timers must have been cancelled. */
  clear(): void {
    for (let index = 0; index < this.#lanes.length; index++) this.#lanes[index] = new Lane();
    this.#head = this.#lanes[0]!;
    this.#top = 0;
    this.readyCount = 0;
    this.readyBytes = 0;
    this.unacknowledgedCount = 0;
    this.residentBytes = 0;
    this.#cache.usedBytes -= this.#cachedBytes;
    this.#cachedBytes = 0;
    this.#pages.clear();
  }

  /** Timers of single messages stop. */
  cancelTimers(): void {
    for (const lane of this.#lanes) {
      for (const { timers } of lane.liveChunks()) timers?.forEach((id) => void this.#timers.cancel(id));
    }
  }

  /** Lets go of about `bytes` of bodies: last come first, those that the store has before transient ones. Returns how many. */
  pageOut(bytes: number): number {
    let given = 0;
    for (const lane of this.#lanes) if (given < bytes) given += pageOutLane(lane, bytes - given);
    this.#letGo(given, true);
    let moved = 0;
    for (const lane of this.#lanes) {
      if (given + moved < bytes) moved += moveToPages(lane, bytes - given - moved, this.#pages);
    }
    this.#letGo(moved, false);
    if (given + moved > 0) this.counters.pageOuts++;
    this.counters.pagedOutBytes += given + moved;
    return given + moved;
  }

  #pageOutSlot(chunk: Chunk, index: number): void {
    this.#letGo(pageOutSlot(chunk, index), true);
  }

  /** Takes in what the store held when it was opened, paged out. `visit` gets each position and deadline (or NEVER). */
  recover(visit: (position: number, deadlineMs: number) => void): void {
    this.#store?.recover((number, deadline, priority, bodyBytes) => {
      const deadlineMs = deadline === NO_DEADLINE ? NEVER : deadline;
      const index = this.#laneIndex(priority);
      const lane = this.#lanes[index]!;
      const sequence = lane.append(null, SLOT.ready | SLOT.redelivered, deadlineMs);
      lane.last.setStored(lane.last.used - 1, number);
      lane.last.setPagedBytes(lane.last.used - 1, bodyBytes);
      if (deadlineMs !== NEVER) this.hasDeadlines = true;
      this.readyCount++;
      this.readyBytes += bodyBytes;
      visit(index * LANE_SPAN + sequence, deadlineMs);
    });
  }
}
