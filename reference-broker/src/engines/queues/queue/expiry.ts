import type { Message } from "../../../mechanisms/message.ts";
import type { TimerTarget } from "../../../mechanisms/timers.ts";
import type { QueueEnvironment } from "../queue-environment.ts";
import { NEVER } from "./chunk.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { QueueMessages } from "./messages.ts";
import type { QueueSettings } from "./settings.ts";

/** 8,900 years: an expiration above it means never, for timers could not count so far. */
const LONGEST_MS = 2 ** 48;

/** Messages dropped before other queues have their turn; and by a timer's call, for those of many queues may call at once. */
const DROPS_PER_TURN = 256;
const DROPS_PER_CALL = 16;

/** What has expired may stay so long after its time, to be dropped when it disturbs nobody. */
const PATIENCE_MS = 2000;

/** The payload of the head's timer; those of single messages carry their position. */
const HEAD = -1;

/**
 * x-message-ttl and expiration. As RabbitMQ does it, a message expires when it is at the head: of the highest priority that
 * holds anything, so that expired ones of lower priority wait behind a live one. With x-expiry-mode `exact` every message
 * expires at its own time instead.
 */
export class MessageExpiry {
  readonly isExact: boolean;

  readonly #ttlMs: number;
  readonly #target: TimerTarget;
  readonly #messages: QueueMessages;
  readonly #deadLetters: DeadLetters;
  readonly #environment: QueueEnvironment;
  #timer = 0;
  #timerDueMs = NEVER;

  /** `target` passes the timers' calls on to `due`. */
  constructor(
    settings: QueueSettings,
    target: TimerTarget,
    messages: QueueMessages,
    deadLetters: DeadLetters,
    environment: QueueEnvironment,
  ) {
    this.isExact = settings.expiry === "exact";
    this.#ttlMs = settings.messageTtlMs;
    this.#target = target;
    this.#messages = messages;
    this.#deadLetters = deadLetters;
    this.#environment = environment;
  }

  /** The lower of x-message-ttl and the expiration property, counted from now and fixed from here on. */
  deadlineOf(message: Message): number {
    const { expirationMs } = message;
    const ttlMs = expirationMs >= 0 && expirationMs < this.#ttlMs ? expirationMs : this.#ttlMs;
    return ttlMs > LONGEST_MS ? NEVER : this.#environment.now() + ttlMs;
  }

  /** Exact mode: a message with a deadline is ready, new or again. */
  watch(position: number, deadlineMs: number): void {
    if (deadlineMs <= this.#environment.now()) this.#deadLetters.drop(position, "expired");
    else this.#messages.schedule(position, this.#target);
  }

  /** Exact mode, at a start: nothing expires within the call. */
  watchRecovered(position: number): void {
    this.#messages.schedule(position, this.#target);
  }

  /** A timer's call. As watchHead. */
  due(payload: number): boolean {
    if (payload !== HEAD) {
      if (this.#messages.isDue(payload)) this.#deadLetters.drop(payload, "expired");
      return true;
    }
    this.#timer = 0;
    this.#timerDueMs = NEVER;
    return this.watchHead(DROPS_PER_CALL);
  }

  /**
   * Drops what has expired at the head and waits for the next to expire. False: there is more than one turn's work. Held dead
   * letters give the queue a turn of themselves.
   */
  watchHead(maxDrops: number = DROPS_PER_TURN): boolean {
    const messages = this.#messages;
    if (!messages.hasDeadlines || this.isExact) return true;
    const nowMs = this.#environment.now();
    let work = maxDrops;
    while (messages.findHead() && messages.headDeadlineMs <= nowMs) {
      if (this.#deadLetters.areHeld) return true;
      if (work-- === 0) return false;
      this.#deadLetters.dropHead("expired");
    }
    this.armHead();
    return true;
  }

  /** What expires is dropped too late for patience, in masses or for long. */
  get isBehind(): boolean {
    const messages = this.#messages;
    return messages.findHead() && messages.headDeadlineMs < this.#environment.now() - PATIENCE_MS;
  }

  /** One timer, for the head. One that is due before that is left: when it calls, it finds the head of then. */
  armHead(): void {
    const messages = this.#messages;
    if (!messages.hasDeadlines || this.isExact || !messages.findHead()) return;
    const dueMs = messages.headDeadlineMs;
    if (dueMs >= this.#timerDueMs) return;
    const { timers } = this.#environment;
    timers.cancel(this.#timer);
    this.#timer = timers.schedule(dueMs, this.#target, HEAD);
    this.#timerDueMs = dueMs;
  }

  stop(): void {
    this.#environment.timers.cancel(this.#timer);
    this.#messages.cancelTimers();
  }
}
