/**
 * Messages on their way to dead-letter exchanges. They wait here for a later turn, so that no queue is entered from
 * within its own call, and arrive in the order in which they died.
 */
import type { Message } from "../../mechanisms/message.ts";
import { findField } from "./topology/field-values.ts";
import { CC, headerKeys, withoutField } from "./topology/routing-keys.ts";
import { type Death, isDeathCycle, readDeaths, recordDeath, withDeaths } from "./deaths.ts";
import { PUBLISHED } from "./contract.ts";
import { editMessage } from "./message-edit.ts";
import type { DeadLetterReason, EngineQueue } from "./queue-environment.ts";

/** What a virtual host does for its dead letters. */
export interface DeadLetterRouting {
  /** null: there is no such exchange. */
  routeDeadLetter(exchange: string, keys: readonly string[], message: Message): readonly EngineQueue[] | null;
  /** Keys of the BCC header that the message came with, as far as they are still known. */
  blindKeysOf(message: Message): readonly string[];
}

export interface DeadLettersOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls back in a later turn of the event loop. */
  readonly defer: (callback: () => void) => void;
  /** The commit group's: `settled` is called once when everything taken until now is stored, or was not. */
  readonly whenStored: (settled: (stored: boolean) => void) => void;
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

/** Routed in one turn. With more waiting half of them are, so that the list cannot outgrow those that fill it. */
const WORK_PER_TURN = 1024;
/** Cycles reported; others like them are not. */
const MAX_REPORTED_CYCLES = 1000;

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  #waiting: DeadLetter[] = [];
  #next = 0;
  #scheduled = false;
  /** Routed in this turn; their old copies go when the new ones are stored. */
  #arriving: DeadLetter[] = [];
  readonly #reportedCycles = new Set<string>();

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  get backlog(): number {
    return this.#waiting.length - this.#next;
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
    const end = Math.min(this.#next + Math.max(WORK_PER_TURN, this.backlog >> 1), this.#waiting.length);
    while (this.#next < end) this.#deliver(this.#waiting[this.#next++]!);
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
    this.#releaseArriving();
    if (this.backlog > 0) this.#schedule();
  };

  /** A commit writes store by store: without the wait a kill could find the old copy gone and the new one missing. */
  #releaseArriving(): void {
    if (this.#arriving.length === 0) return;
    const arriving = this.#arriving;
    this.#arriving = [];
    this.#options.whenStored((stored) => {
      // Not stored: the next start finds the old copies.
      if (!stored) return;
      for (const { queue, position } of arriving) queue.deadLettered(position);
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.defer(this.turn);
  }

  #deliver(dead: DeadLetter): void {
    const { routing, queue, message, reason, position, diedAtMs } = dead;
    const keys = deadLetterKeys(queue, message, routing);
    const exchange = queue.deadLetterExchange!;
    const deaths = deathsOf(message, queue, reason, diedAtMs);
    const letter = makeDeadLetter(message, exchange, keys[0]!, deaths, queue.deadLetterRoutingKey !== null);
    // Nobody misses the exchange: RabbitMQ drops silently.
    let outcome = 0;
    for (const target of routing.routeDeadLetter(exchange, keys, letter) ?? []) {
      if (isDeathCycle(deaths, target.name)) this.#reportCycle(target, deaths);
      else outcome |= target.enqueue(letter);
    }
    if (position < 0) return;
    if ((outcome & PUBLISHED.storing) !== 0) this.#arriving.push(dead);
    else queue.deadLettered(position);
  }

  #reportCycle(target: EngineQueue, deaths: readonly Death[]): void {
    const cycle = [target.name, ...deaths.map(({ queue }) => queue)];
    const key = JSON.stringify(cycle);
    if (this.#reportedCycles.has(key) || this.#reportedCycles.size === MAX_REPORTED_CYCLES) return;
    this.#reportedCycles.add(key);
    this.#options.report("dead letter cycle", { queues: cycle });
  }
}

function deadLetterKeys(queue: EngineQueue, message: Message, routing: DeadLetterRouting): readonly string[] {
  if (queue.deadLetterRoutingKey !== null) return [queue.deadLetterRoutingKey];
  return [...visibleKeys(message), ...routing.blindKeysOf(message)];
}

function visibleKeys(message: Message): readonly string[] {
  const headers = message.headers();
  return headers === null ? [message.routingKey] : [message.routingKey, ...headerKeys(headers, CC)];
}

function deathsOf(message: Message, queue: EngineQueue, reason: DeadLetterReason, nowMs: number): Death[] {
  return recordDeath(readDeaths(message.headers() ?? []) ?? [], {
    queue: queue.name,
    reason,
    count: 1,
    timeSeconds: Math.floor(nowMs / 1000),
    exchange: message.exchange,
    routingKeys: visibleKeys(message),
    originalExpiration: message.expirationMs < 0 ? null : String(message.expirationMs),
  });
}

/** The expiration goes, or the letter would die again where it was sent; so does CC when its keys were replaced. */
function makeDeadLetter(
  message: Message,
  exchange: string,
  routingKey: string,
  deaths: readonly Death[],
  isRekeyed: boolean,
): Message {
  const headers = message.headers() ?? [];
  const isFirst = readDeaths(headers) === null;
  const kept = isRekeyed && findField(headers, CC) !== undefined ? withoutField(headers, CC) : headers;
  return editMessage(message, {
    exchange,
    routingKey,
    headers: withDeaths(kept, deaths, isFirst),
    keepsExpiration: false,
  });
}
