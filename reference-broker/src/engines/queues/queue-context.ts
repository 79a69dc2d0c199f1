import type { Message } from "../../mechanisms/message.ts";
import type { Timers } from "../../mechanisms/timers.ts";
import type { BodyCache } from "./body-cache.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { DeadLetterReason, EngineQueue, QueueEnvironment } from "./queue-environment.ts";
import type { QueueStore } from "./store/contract.ts";
import type { QueueHost } from "./topology/virtual-host.ts";
import type { Turns } from "./turns.ts";

export interface QueueContextParts {
  readonly host: QueueHost;
  readonly store: QueueStore | null;
  readonly openPages: () => QueueStore | null;
  readonly cache: BodyCache;
  readonly timers: Timers;
  readonly turns: Turns;
  readonly spareTurns: Turns;
  readonly deadLetters: DeadLetters;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** What one queue is given. */
export class QueueContext implements QueueEnvironment {
  readonly virtualHost: string;
  readonly timers: Timers;
  readonly now: () => number;
  readonly store: QueueStore | null;
  readonly openPages: () => QueueStore | null;
  readonly cache: BodyCache;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
  readonly #host: QueueHost;
  readonly #turns: Turns;
  readonly #spareTurns: Turns;
  readonly #deadLetters: DeadLetters;

  constructor({
    host,
    store,
    openPages,
    cache,
    timers,
    turns,
    spareTurns,
    deadLetters,
    report,
  }: QueueContextParts) {
    this.virtualHost = host.name;
    this.timers = timers;
    this.now = () => timers.now();
    this.store = store;
    this.openPages = openPages;
    this.cache = cache;
    this.#host = host;
    this.#turns = turns;
    this.#spareTurns = spareTurns;
    this.#deadLetters = deadLetters;
    this.report = report;
  }

  holdsDeadLetters(queue: EngineQueue): boolean {
    return this.#deadLetters.holds(queue);
  }

  deadLetter(queue: EngineQueue, message: Message, reason: DeadLetterReason, position: number): void {
    this.#deadLetters.add(this.#host, queue, message, reason, position);
  }

  requestTurn(queue: EngineQueue): void {
    this.#turns.request(queue);
  }

  requestSpareTurn(queue: EngineQueue): void {
    this.#spareTurns.request(queue);
  }

  unused(queue: EngineQueue): void {
    this.#host.unused(queue);
  }

  expired(queue: EngineQueue): void {
    this.#host.expired(queue);
  }

  room(queue: EngineQueue): void {
    this.#host.room(queue);
  }
}
