/**
 * The seam between one queue and the engine that holds it: what a queue is given, and what the engine asks of it beyond
 * the contract that protocols see. A queue knows no other queue and no exchange; the engine knows no queue's insides.
 */
import type { Message } from "../../mechanisms/message.ts";
import type { Timers } from "../../mechanisms/timers.ts";
import type { BodyCache } from "./body-cache.ts";
import type { Queue, QueueDeclaration } from "./contract.ts";
import type { QueueStore } from "./store/contract.ts";

/** Why a message left its queue for the dead-letter exchange; the words go into x-death as they are. */
export type DeadLetterReason = "rejected" | "expired" | "maxlen" | "delivery_limit";

/** One per queue. Callbacks return at once and never call back into the queue, except where said. */
export interface QueueEnvironment {
  /** For texts of errors: "queue 'q' in vhost '/'". */
  readonly virtualHost: string;
  readonly timers: Timers;
  /** Milliseconds since 1970; read once per batch of work, not per message. */
  readonly now: () => number;
  /** null: nothing of this queue outlives the process (not durable, or exclusive). */
  readonly store: QueueStore | null;
  /** A place on disk for transient messages, of this queue alone; null: there is none. */
  readonly openPages: () => QueueStore | null;
  /** Of all queues. */
  readonly cache: BodyCache;

  /**
   * Takes over a message that left the queue. Called in the order in which messages are to arrive; they are routed in a
   * later turn, never within this call. The queue keeps the stored copy until `deadLettered(position)`, so that a crash
   * in between loses nothing. Only called when `deadLetterExchange` is not null. `position` -1: it was never enqueued
   * (reject-publish-dlx) or there is no stored copy, and `deadLettered` is not called.
   */
  deadLetter(queue: EngineQueue, message: Message, reason: DeadLetterReason, position: number): void;
  /** Enough dead letters are on their way: a queue with many to drop waits. True: it has a turn when there is room again. */
  holdsDeadLetters(queue: EngineQueue): boolean;

  /** `queue.turn()` is called in a later turn of the event loop; asking twice before that is once. */
  requestTurn(queue: EngineQueue): void;
  /**
   * As `requestTurn`, for work that nobody waits for: all of it together has a fifteenth of the time at most, so that neither
   * live traffic nor who shares the machine notices.
   */
  requestSpareTurn(queue: EngineQueue): void;
  /** An auto-delete queue lost its last consumer. May call `delete()` of the queue: call it last, and touch nothing after. */
  unused(queue: EngineQueue): void;
  /** x-expires went by without use. As `unused`: call it last. */
  expired(queue: EngineQueue): void;
  /** For the log. */
  readonly report: (event: string, fields: Record<string, unknown>) => void;
  /** A queue that answered `blocked` takes messages again. Publishers are resumed in a later turn. */
  room(queue: EngineQueue): void;
}

/** A queue as its engine sees it. */
export interface EngineQueue extends Queue {
  /** From x-dead-letter-exchange; null: messages that die are gone. "" is the default exchange. */
  readonly deadLetterExchange: string | null;
  /** From x-dead-letter-routing-key; null: the keys of the message. */
  readonly deadLetterRoutingKey: string | null;
  /** It answered `blocked` and has not called `room` since. */
  readonly isBlocking: boolean;
  /** Bytes of bodies held in memory; the engine pages the largest queues out first. */
  readonly residentBytes: number;

  /**
   * Takes the message (or refuses it), all within the call. Bits `refused`, `storing` and `blocked` of PUBLISHED; never
   * `routed`, which is the router's. The message is shared with other queues and never changed.
   */
  enqueue(message: Message): number;
  /** The message given to `deadLetter` with this position is where it belongs: its stored copy may go. Ignored when deleted. */
  deadLettered(position: number): void;
  /** Bounded work that was asked for with `requestTurn`. */
  turn(): void;
  /** A declaration of the same queue is a use of it, as x-expires counts (consumers and basic.get the queue sees itself). */
  touch(): void;
  /** Gives up to `bytes` of bodies that can be read back from the store; returns how many it gave. */
  pageOut(bytes: number): number;
  /** Once, before anything else, on a queue whose store held something: ready messages and their deadlines are known then. */
  recover(): Promise<void>;
  /**
   * The queue goes: consumers are told (`cancelled`), timers stop, the store's files are removed, nothing is
   * dead-lettered. Returns its ready messages. `isDeleted` from then on; later calls by late holders do nothing.
   */
  delete(): number;
  /** The engine stops: timers stop, nothing is told to anybody, what is stored stays. */
  close(): void;
}

/**
 * Makes a queue whose arguments were checked. Implemented by queue/ as `createQueue`; the engine takes it as a parameter.
 * `name` is never empty here.
 */
export type CreateQueue = (declaration: QueueDeclaration, environment: QueueEnvironment) => EngineQueue;

/**
 * Throws QueueError precondition-failed for x-arguments that are wrong by type, value or combination, in RabbitMQ's words.
 * Implemented by queue/arguments.ts; called before a name is taken, and for redeclarations too.
 */
export type CheckQueueArguments = (declaration: QueueDeclaration, virtualHost: string) => void;

/** Names of the x-arguments in which two declarations of a queue must agree. Implemented by queue/arguments.ts. */
export type QueueArgumentNames = readonly string[];
