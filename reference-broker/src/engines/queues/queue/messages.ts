import { invariant } from "../../../base/invariant.ts";
import { countersOf } from "../../../base/statistics.ts";
import type { Message } from "../../../mechanisms/message.ts";
import type { Timers, TimerTarget } from "../../../mechanisms/timers.ts";
import type { QueueEnvironment } from "../queue-environment.ts";
import { QUEUE_COUNTERS, type QueueCounters, type StoreStatistics } from "../statistics.ts";
import { NO_DEADLINE, StoredMessageError } from "../store/contract.ts";
import { type Chunk, NEVER, SLOT } from "./chunk.ts";
import { Lane } from "./lane.ts";
import { type BodiesEnvironment, MessageBodies } from "./message-bodies.ts";

/** A position is a lane and a sequence in it: lane * 2^45 + sequence stays below 2^53 with 256 lanes. */
const LANE_SPAN = 2 ** 45;

type MessagesEnvironment = BodiesEnvironment & Pick<QueueEnvironment, "timers">;

/**
 * The messages of one queue: in lanes by priority; ready, unacknowledged or dying. It keeps and counts; what becomes of a
 * message is the queue's decision, and where its body is message-bodies.ts knows. Bytes are those of bodies.
 */
export class QueueMessages {
  readyCount = 0;
  readyBytes = 0;
  unacknowledgedCount = 0;
  /** Some message has, or had, a deadline. */
  hasDeadlines = false;
  readonly counters: QueueCounters = countersOf(QUEUE_COUNTERS);
  /** Of the message that kill() returned: what to say when it has arrived; -1: nothing of it is stored. */
  killedPosition = -1;

  readonly #lanes: Lane[] = [];
  readonly #bodies: MessageBodies;
  readonly #timers: Timers;
  /** No lane above this one has anything ready. */
  #top = 0;
  /** The lane of the head; valid as in Lane.findHead. */
  #head: Lane;

  constructor(maxPriority: number, environment: MessagesEnvironment) {
    for (let priority = 0; priority <= maxPriority; priority++) this.#lanes.push(new Lane());
    this.#head = this.#lanes[0]!;
    this.#bodies = new MessageBodies(environment, this.counters);
    this.#timers = environment.timers;
  }

  /** Of the durable storage and of paged transient messages. */
  storeStatistics(): StoreStatistics {
    return this.#bodies.storeStatistics();
  }

  /** Bodies in memory. */
  get residentBytes(): number {
    return this.#bodies.residentBytes;
  }

  get laneCount(): number {
    return this.#lanes.length;
  }

  /** Whether this message would be stored. */
  stores(message: Message): boolean {
    return this.#bodies.stores(message);
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
    if (deadlineMs !== NEVER) this.hasDeadlines = true;
    return index * LANE_SPAN + this.#bodies.append(this.#lanes[index]!, message, phase, deadlineMs);
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
    return this.#bodies.isAtHand(this.#head.headChunk, this.#head.headIndex);
  }

  /** What is done with the message need not wait for the disk; nor does it when the message is gone. */
  isAtHand(position: number): boolean {
    const sequence = this.#sequenceOf(position);
    const chunk = this.#laneOf(position).chunkOf(sequence);
    if (chunk === null || !isOnDiskAlone(chunk, sequence - chunk.base)) return true;
    return this.#bodies.isAtHand(chunk, sequence - chunk.base);
  }

  /**
   * Reads a message that is paged out while other work goes on. It is at hand when this resolves, or was damaged and is gone.
   * Rejects with what the file system rejects with.
   */
  async fetch(position: number): Promise<void> {
    const sequence = this.#sequenceOf(position);
    const before = this.#laneOf(position).chunkOf(sequence);
    if (before === null || !isOnDiskAlone(before, sequence - before.base)) return;
    try {
      await this.#bodies.fetch(before, sequence - before.base);
    } catch (error) {
      if (!(error instanceof StoredMessageError)) throw error;
      // It may have expired or been purged meanwhile, with the whole lane.
      const lane = this.#laneOf(position);
      const chunk = lane.chunkOf(sequence);
      if (chunk !== null && isOnDiskAlone(chunk, sequence - chunk.base)) {
        this.#dropDamaged(lane, chunk, sequence - chunk.base);
      }
    }
  }

  /** The disk does not give a message that is paged out: it is out of the queue, and its record stays. */
  setAside(position: number): void {
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = lane.chunkOf(sequence);
    if (chunk === null || !isOnDiskAlone(chunk, sequence - chunk.base)) return;
    const index = sequence - chunk.base;
    this.counters.unreadableMessages++;
    this.#leave(lane, chunk, index);
    this.#stopTimer(chunk, index);
    chunk.states[index] = (chunk.states[index]! & SLOT.onDisk) | SLOT.dying | SLOT.setAside;
  }

  /** The number by which the store knows a message, for who looks into its files. */
  storedNumber(position: number): number | null {
    const sequence = this.#sequenceOf(position);
    const chunk = this.#laneOf(position).chunkOf(sequence);
    return chunk?.stored?.[sequence - chunk.base] ?? null;
  }

  #load(lane: Lane, chunk: Chunk, index: number): Message | null {
    try {
      return this.#bodies.load(chunk, index);
    } catch (error) {
      if (!(error instanceof StoredMessageError)) throw error;
      this.#dropDamaged(lane, chunk, index);
      return null;
    }
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
    this.#bodies.delivered(lane.headChunk, lane.headIndex);
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

  /** No longer ready, or no longer unacknowledged; what is dying is neither. */
  #leave(lane: Lane, chunk: Chunk, index: number): void {
    const phase = chunk.states[index]! & SLOT.phase;
    if (phase === SLOT.ready) {
      lane.readyCount--;
      this.readyCount--;
      this.readyBytes -= chunk.bodyBytesAt(index);
    } else if (phase === SLOT.unacknowledged) {
      this.unacknowledgedCount--;
    }
  }

  #settle(lane: Lane, chunk: Chunk, index: number): void {
    this.#stopTimer(chunk, index);
    this.#bodies.settle(chunk, index);
    lane.settle(chunk, index);
  }

  #stopTimer(chunk: Chunk, index: number): void {
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

  /** A ready or unacknowledged message leaves the queue; `kill` takes it out later. */
  doom(position: number): void {
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = lane.chunkOf(sequence)!;
    const index = sequence - chunk.base;
    this.#leave(lane, chunk, index);
    this.#stopTimer(chunk, index);
    chunk.setPhase(index, SLOT.dying);
  }

  /**
   * Takes a message out as a dead letter: one that is at hand, whatever its phase. Its stored copy waits for
   * `bury(killedPosition)`. null: it was damaged, or is gone.
   */
  kill(position: number): Message | null {
    const lane = this.#laneOf(position);
    const sequence = this.#sequenceOf(position);
    const chunk = lane.chunkOf(sequence);
    if (chunk === null) return null;
    const index = sequence - chunk.base;
    const state = chunk.states[index]!;
    if ((state & SLOT.setAside) !== 0 || (state & SLOT.phase) === SLOT.settled) return null;
    const message = this.#load(lane, chunk, index);
    if (message === null) return null;
    this.#leave(lane, chunk, index);
    const isStored = (state & SLOT.stored) !== 0;
    this.killedPosition = isStored ? position : -1;
    if (isStored) {
      this.#stopTimer(chunk, index);
      this.#bodies.forget(chunk, index);
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
    const settled = this.#bodies.settledRuns();
    for (const lane of this.#lanes) {
      for (const chunk of lane.liveChunks()) {
        chunk.unpack();
        for (let index = 0; index < chunk.used; index++) {
          if ((chunk.states[index]! & SLOT.phase) !== SLOT.ready) continue;
          this.#leave(lane, chunk, index);
          this.#stopTimer(chunk, index);
          settled.add(chunk, index);
          lane.settle(chunk, index);
        }
      }
    }
    settled.end();
    return count;
  }

  /** Everything is forgotten, nothing is said to the store. Timers must have been cancelled. */
  clear(): void {
    for (let index = 0; index < this.#lanes.length; index++) this.#lanes[index] = new Lane();
    this.#head = this.#lanes[0]!;
    this.#top = 0;
    this.readyCount = 0;
    this.readyBytes = 0;
    this.unacknowledgedCount = 0;
    this.#bodies.clear();
  }

  /** Timers of single messages stop. */
  cancelTimers(): void {
    for (const lane of this.#lanes) {
      for (const { timers } of lane.liveChunks()) timers?.forEach((id) => void this.#timers.cancel(id));
    }
  }

  /** Lets go of about `bytes` of bodies. Returns how many. */
  pageOut(bytes: number): number {
    return this.#bodies.pageOut(this.#lanes, bytes);
  }

  /** Takes in what the store held when it was opened, paged out. `visit` gets each position and deadline (or NEVER). */
  recover(visit: (position: number, deadlineMs: number) => void): void {
    this.#bodies.recover((number, deadline, priority, bodyBytes) => {
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

/** Whether the message of this slot is in the queue, and not in memory. */
function isOnDiskAlone(chunk: Chunk, index: number): boolean {
  const state = chunk.states[index]!;
  const isHere = (state & SLOT.phase) !== SLOT.settled && (state & SLOT.setAside) === 0;
  return isHere && (state & SLOT.onDisk) !== 0 && chunk.slots[index] === null;
}
