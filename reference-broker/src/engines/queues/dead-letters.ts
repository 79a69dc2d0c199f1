/**
 * Messages on their way to dead-letter exchanges. They wait here for a later turn, so that no queue is entered from
 * within its own call, and arrive in the order in which they died.
 */
import type { Message } from "../../mechanisms/message.ts";
import { PUBLISHED } from "./contract.ts";
import { DeadLetterMaker } from "./dead-letter-maker.ts";
import { type Death, isDeathCycle } from "./deaths.ts";
import { Fifo } from "./fifo.ts";
import type { DeadLetterReason, EngineQueue } from "./queue-environment.ts";

/** What a virtual host does for its dead letters. */
export interface DeadLetterRouting {
  /** null: there is no such exchange. */
  routeDeadLetter(exchange: string, keys: readonly string[], message: Message): readonly EngineQueue[] | null;
  /** Keys of the BCC header that the message came with, as far as they are still known. */
  blindKeysOf(message: Message): readonly string[];
}

export interface DeadLettersOptions {
  /** Milliseconds since 1970, with fractions. */
  readonly now: () => number;
  /** Calls back in a later turn of the event loop. */
  readonly defer: (callback: () => void) => void;
  /** The commit group's: `settled` is called once when everything taken until now is stored, or was not. */
  readonly whenStored: (settled: (stored: boolean) => void) => void;
  /** A queue that was held may go on, in a later turn. */
  readonly resume: (queue: EngineQueue) => void;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

interface DeadLetter {
  readonly routing: DeadLetterRouting;
  readonly queue: EngineQueue;
  readonly message: Message;
  readonly reason: DeadLetterReason;
  readonly position: number;
  readonly diedAtMs: number;
}

/** With more waiting or on their way to the disk, queues that drop many at a time wait too, until there are half as many. */
const LIMIT = 2048;
/** Routed between two looks at the sockets, and the time that this may take. */
const WORK_PER_TURN = 1024;
const TURN_MS = 0.5;
/** The clock is looked at once for so many. */
const WORK_PER_LOOK = 16;
/** Cycles reported; others like them are not. */
const MAX_REPORTED_CYCLES = 1000;

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #maker = new DeadLetterMaker();
  readonly #waiting = new Fifo<DeadLetter>();
  #scheduled = false;
  /** Of those routed in this turn, queues and positions: the old copies go when the new ones are stored. */
  #leftQueues: EngineQueue[] = [];
  #leftPositions: number[] = [];
  /** Routed, and not stored yet. */
  #storing = 0;
  /** They have more to drop. */
  readonly #held = new Set<EngineQueue>();
  readonly #reportedCycles = new Set<string>();

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** To be routed. */
  get backlog(): number {
    return this.#waiting.length;
  }

  /** Whether the queue is to wait; then it is resumed. */
  holds(queue: EngineQueue): boolean {
    if (this.backlog + this.#storing <= LIMIT) return false;
    this.#held.add(queue);
    return true;
  }

  add(
    routing: DeadLetterRouting,
    queue: EngineQueue,
    message: Message,
    reason: DeadLetterReason,
    position: number,
  ): void {
    const diedAtMs = this.#options.now();
    message.keep();
    this.#waiting.push({ routing, queue, message, reason, position, diedAtMs });
    this.#schedule();
  }

  /** Routes a turn's share of them. Called by its own schedule, and by who stops the engine. */
  readonly turn = (): void => {
    this.#scheduled = false;
    const { now } = this.#options;
    // Publishers that fill a full queue do not wait for its dead letters: with more of these there is more work a turn.
    const shares = Math.max(1, this.backlog / LIMIT);
    const endMs = now() + TURN_MS * shares;
    const work = Math.min(Math.ceil(WORK_PER_TURN * shares), this.backlog);
    for (let done = 1; done <= work; done++) {
      this.#deliver(this.#waiting.shift());
      if (done % WORK_PER_LOOK === 0 && now() >= endMs) break;
    }
    this.#releaseArriving();
    this.#resumeHeld();
    if (this.backlog > 0) this.#schedule();
  };

  #resumeHeld(): void {
    if (this.#held.size === 0 || this.backlog + this.#storing > LIMIT / 2) return;
    for (const queue of this.#held) this.#options.resume(queue);
    this.#held.clear();
  }

  /** A commit writes store by store: without the wait a kill could find the old copy gone and the new one missing. */
  #releaseArriving(): void {
    if (this.#leftQueues.length === 0) return;
    const queues = this.#leftQueues;
    const positions = this.#leftPositions;
    this.#leftQueues = [];
    this.#leftPositions = [];
    this.#storing += queues.length;
    this.#options.whenStored((stored) => {
      this.#storing -= queues.length;
      this.#resumeHeld();
      // Not stored: the next start finds the old copies.
      if (!stored) return;
      for (const [index, queue] of queues.entries()) queue.deadLettered(positions[index]!);
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.defer(this.turn);
  }

  #deliver(dead: DeadLetter): void {
    const { routing, queue, message, reason, position, diedAtMs } = dead;
    const maker = this.#maker;
    const letter = maker.make(
      message,
      queue,
      reason,
      Math.floor(diedAtMs / 1000),
      routing.blindKeysOf(message),
    );
    // Nobody misses the exchange: RabbitMQ drops silently.
    const targets = routing.routeDeadLetter(letter.exchange, maker.keys, letter);
    let outcome = 0;
    for (let index = 0; targets !== null && index < targets.length; index++) {
      const target = targets[index]!;
      if (isDeathCycle(maker.deaths, target.name)) this.#reportCycle(target, maker.deaths);
      else outcome |= target.enqueue(letter);
    }
    if (position < 0) return;
    if ((outcome & PUBLISHED.storing) === 0) {
      queue.deadLettered(position);
      return;
    }
    this.#leftQueues.push(queue);
    this.#leftPositions.push(position);
  }

  #reportCycle(target: EngineQueue, deaths: readonly Death[]): void {
    const cycle = [target.name, ...deaths.map(({ queue }) => queue)];
    const key = JSON.stringify(cycle);
    if (this.#reportedCycles.has(key) || this.#reportedCycles.size === MAX_REPORTED_CYCLES) return;
    this.#reportedCycles.add(key);
    this.#options.report("dead letter cycle", { queues: cycle });
  }
}
