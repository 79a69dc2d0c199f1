import { addStatistics, countersOf } from "../../../base/statistics.ts";
import type { Message } from "../../../mechanisms/message.ts";
import type { BodyCache } from "../body-cache.ts";
import type { QueueEnvironment } from "../queue-environment.ts";
import { type QueueCounters, STORE_COUNTERS, STORE_STATISTICS, type StoreStatistics } from "../statistics.ts";
import { NO_DEADLINE, type QueueStore, type RecoveredVisitor } from "../store/contract.ts";
import { type Chunk, NEVER, SLOT } from "./chunk.ts";
import type { Lane } from "./lane.ts";
import { moveToPages, pageOutLane, pageOutSlot } from "./paging.ts";
import { SettledRuns } from "./settled-runs.ts";
import { TransientPages } from "./transient-pages.ts";

export type BodiesEnvironment = Pick<QueueEnvironment, "store" | "openPages" | "cache">;

/**
 * Where the bodies of one queue's messages are: in memory, in the store, on pages, or in memory and the store. Slots of
 * chunks say which; here is who has them, and what they take.
 */
export class MessageBodies {
  /** Bytes of bodies in memory. */
  residentBytes = 0;

  readonly #store: QueueStore | null;
  readonly #pages: TransientPages;
  readonly #cache: BodyCache;
  readonly #counters: QueueCounters;
  /** Bodies in memory that the store has. */
  #cachedBytes = 0;
  /** The store's numbers rise over all lanes. */
  #nextNumber: number;

  constructor(environment: BodiesEnvironment, counters: QueueCounters) {
    const { store, cache } = environment;
    this.#store = store;
    this.#pages = new TransientPages(() => environment.openPages());
    this.#cache = cache;
    this.#counters = counters;
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

  /** Whether this message would be stored. */
  stores(message: Message): boolean {
    return this.#store !== null && message.persistent;
  }

  /** Appends the message to the lane, its body where it is to be. Returns its sequence there. */
  append(lane: Lane, message: Message, phase: number, deadlineMs: number): number {
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
    return sequence;
  }

  /** The store's number of the message; -1: it cannot store it. */
  #offer(message: Message, deadlineMs: number, isKept: boolean): number {
    const number = this.#nextNumber++;
    const deadline = deadlineMs === NEVER ? NO_DEADLINE : deadlineMs;
    return this.#store!.append(message, number, deadline, isKept) ? number : -1;
  }

  #leaveToStore(chunk: Chunk, slot: number, bodyBytes: number): void {
    chunk.setPagedBytes(slot, bodyBytes);
    this.#counters.uncachedMessages++;
  }

  #leaveToPages(chunk: Chunk, slot: number, number: number, bodyBytes: number): void {
    chunk.setPaged(slot, number, bodyBytes);
    this.#counters.pagedMessages++;
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

  /** Who has a message that is not in memory. */
  #keeperOf(chunk: Chunk, index: number): QueueStore {
    return (chunk.states[index]! & SLOT.stored) !== 0 ? this.#store! : this.#pages.store;
  }

  /** Of a message that is not in memory: `read` need not wait for the disk. */
  isAtHand(chunk: Chunk, index: number): boolean {
    return this.#keeperOf(chunk, index).isAtHand(chunk.stored![index]!);
  }

  /** The message; one that is not in memory is lent. Throws what the store throws. */
  load(chunk: Chunk, index: number): Message {
    const held = chunk.slots[index]!;
    if (held !== null) return held;
    this.#counters.cacheMisses++;
    return this.#keeperOf(chunk, index).readSync(chunk.stored![index]!);
  }

  /** Brings a message that is not in memory to hand. Rejects with what the store rejects with. */
  async fetch(chunk: Chunk, index: number): Promise<void> {
    await this.#keeperOf(chunk, index).read(chunk.stored![index]!);
  }

  /** The message is wanted again only if it comes back. */
  delivered(chunk: Chunk, index: number): void {
    if (this.#cache.isFull) this.#letGo(pageOutSlot(chunk, index), true);
  }

  /** It is in memory no longer. */
  forget(chunk: Chunk, index: number): void {
    const message = chunk.slots[index]!;
    if (message !== null) this.#letGo(message.bodyBytes, (chunk.states[index]! & SLOT.stored) !== 0);
    chunk.unload(index);
  }

  /** Nor on the disk. */
  settle(chunk: Chunk, index: number): void {
    this.forget(chunk, index);
    if ((chunk.states[index]! & SLOT.onDisk) === 0) return;
    this.#keeperOf(chunk, index).settle(chunk.stored![index]!);
  }

  /** Settles many: to be told of each in rising order, and of the end. */
  settledRuns(): { add(chunk: Chunk, index: number): void; end(): void } {
    const stored = new SettledRuns(this.#store);
    const paged = new SettledRuns(this.#pages.storeOrNull);
    return {
      add: (chunk, index) => {
        this.forget(chunk, index);
        const state = chunk.states[index]!;
        if ((state & SLOT.stored) !== 0) stored.add(chunk.stored![index]!);
        else if ((state & SLOT.paged) !== 0) paged.add(chunk.stored![index]!);
      },
      end: () => {
        stored.end();
        paged.end();
      },
    };
  }

  /** Lets go of about `bytes` of bodies: last come first, those that the store has before transient ones. Returns how many. */
  pageOut(lanes: readonly Lane[], bytes: number): number {
    let given = 0;
    for (const lane of lanes) if (given < bytes) given += pageOutLane(lane, bytes - given);
    this.#letGo(given, true);
    let moved = 0;
    for (const lane of lanes) {
      if (given + moved < bytes) moved += moveToPages(lane, bytes - given - moved, this.#pages);
    }
    this.#letGo(moved, false);
    if (given + moved > 0) this.#counters.pageOuts++;
    this.#counters.pagedOutBytes += given + moved;
    return given + moved;
  }

  /** Those that the store held when it was opened. */
  recover(visit: RecoveredVisitor): void {
    this.#store?.recover(visit);
  }

  /** All are forgotten, and nothing is said to the store. */
  clear(): void {
    this.residentBytes = 0;
    this.#cache.usedBytes -= this.#cachedBytes;
    this.#cachedBytes = 0;
    this.#pages.clear();
  }
}
