import type { FieldTable, FieldValue, Message } from "../../../../src/mechanisms/message.ts";
import type { Timers } from "../../../../src/mechanisms/timers.ts";
import type { QueueDeclaration, Subscription } from "../../../../src/engines/queues/contract.ts";
import type {
  DeadLetterReason,
  EngineQueue,
  QueueEnvironment,
} from "../../../../src/engines/queues/queue-environment.ts";
import { ClassicQueue } from "../../../../src/engines/queues/queue/classic-queue.ts";
import { BodyCache } from "../../../../src/engines/queues/body-cache.ts";
import type { QueueStore } from "../../../../src/engines/queues/store/contract.ts";
import { TestClock } from "./test-clock.ts";

export type ArgumentValue = string | number | boolean;

function fieldOf(value: ArgumentValue): FieldValue {
  if (typeof value === "string") return { type: "S", value };
  return typeof value === "number" ? { type: "I", value } : { type: "t", value };
}

export function tableOf(values: Readonly<Record<string, ArgumentValue>>): FieldTable {
  return Object.entries(values).map(([name, value]) => [name, fieldOf(value)] as const);
}

export interface MessageOptions {
  readonly priority?: number;
  readonly expirationMs?: number;
  readonly persistent?: boolean;
}

export function messageOf(body: string, options: MessageOptions = {}): Message {
  const content = Buffer.from(body);
  return {
    exchange: "",
    routingKey: "q",
    properties: Buffer.alloc(0),
    body: content,
    bodyBytes: content.length,
    persistent: options.persistent ?? false,
    priority: options.priority ?? 0,
    expirationMs: options.expirationMs ?? -1,
    headers: () => null,
    copyBody: (target, at) => void content.copy(target, at),
    keep: () => {},
  };
}

export interface Delivery {
  readonly body: string;
  readonly position: number;
  readonly redelivered: boolean;
}

export interface SubscriptionOptions {
  readonly priority?: number;
  readonly exclusive?: boolean;
  readonly noAck?: boolean;
  /** Deliveries it takes until `free`; default: no end. */
  readonly prefetch?: number;
}

/** A consumer that takes up to `prefetch` messages and writes everything down. */
export class TestSubscription implements Subscription {
  readonly consumerTag: string;
  readonly priority: number;
  readonly exclusive: boolean;
  readonly noAck: boolean;
  prefetch: number;
  readonly deliveries: Delivery[] = [];
  cancelledCount = 0;
  disconnectReason: string | null = null;
  /** Runs within each delivery. */
  whenDelivered: ((delivery: Delivery) => void) | null = null;

  constructor(consumerTag: string, options: SubscriptionOptions = {}) {
    this.consumerTag = consumerTag;
    this.priority = options.priority ?? 0;
    this.exclusive = options.exclusive ?? false;
    this.noAck = options.noAck ?? false;
    this.prefetch = options.prefetch ?? Number.POSITIVE_INFINITY;
  }

  get isReady(): boolean {
    return this.prefetch > 0;
  }

  get bodies(): string[] {
    return this.deliveries.map(({ body }) => body);
  }

  deliver(message: Message, position: number, redelivered: boolean): void {
    if (!this.isReady) throw new Error("delivered to a consumer that is not ready");
    this.prefetch--;
    const delivery = { body: message.body.toString(), position, redelivered };
    this.deliveries.push(delivery);
    this.whenDelivered?.(delivery);
  }

  cancelled(): void {
    this.cancelledCount++;
  }

  disconnect(reason: string): void {
    this.disconnectReason = reason;
  }
}

export interface DeadLetter {
  readonly body: string;
  readonly reason: DeadLetterReason;
  readonly position: number;
}

/** What a queue asks of its engine, written down; turns run when the test says so. */
export class TestEnvironment implements QueueEnvironment {
  readonly virtualHost = "/";
  readonly clock: TestClock;
  readonly store: QueueStore | null;
  openPages = (): QueueStore | null => null;
  readonly cache: BodyCache;
  readonly deadLetters: DeadLetter[] = [];
  deadLetterBacklog = 0;
  readonly deadLetterLimit = 1000;
  rooms = 0;
  unusedCount = 0;
  expiredCount = 0;
  spareTurns = 0;
  #turns = new Set<EngineQueue>();

  constructor(clock: TestClock, store: QueueStore | null, cache = new BodyCache(Number.POSITIVE_INFINITY)) {
    this.clock = clock;
    this.store = store;
    this.cache = cache;
  }

  get timers(): Timers {
    return this.clock.timers;
  }

  readonly now = (): number => this.clock.nowMs;

  get pendingTurns(): number {
    return this.#turns.size;
  }

  readonly reports: { readonly event: string; readonly fields: Record<string, unknown> }[] = [];

  readonly report = (event: string, fields: Record<string, unknown>): void => {
    this.reports.push({ event, fields });
  };

  holdsDeadLetters(queue: EngineQueue): boolean {
    if (this.deadLetterBacklog <= this.deadLetterLimit) return false;
    this.#turns.add(queue);
    return true;
  }

  deadLetter(_queue: EngineQueue, message: Message, reason: DeadLetterReason, position: number): void {
    this.deadLetters.push({ body: message.body.toString(), reason, position });
  }

  requestTurn(queue: EngineQueue): void {
    this.#turns.add(queue);
  }

  requestSpareTurn(queue: EngineQueue): void {
    this.spareTurns++;
    this.#turns.add(queue);
  }

  /** Runs the turns that are asked for now, and not those that they ask for. Returns how many. */
  runTurns(): number {
    const turns = [...this.#turns];
    this.#turns.clear();
    for (const queue of turns) queue.turn();
    return turns.length;
  }

  unused(): void {
    this.unusedCount++;
  }

  expired(): void {
    this.expiredCount++;
  }

  room(): void {
    this.rooms++;
  }
}

export interface QueueOptions extends Partial<Omit<QueueDeclaration, "arguments">> {
  readonly arguments?: Readonly<Record<string, ArgumentValue>>;
  readonly store?: QueueStore;
  readonly cache?: BodyCache;
  readonly clock?: TestClock;
}

export interface QueueUnderTest {
  readonly queue: ClassicQueue;
  readonly environment: TestEnvironment;
  readonly clock: TestClock;
  /** Publishes transient messages with these bodies. Returns the bits of the last. */
  publish(...bodies: string[]): number;
  /** Subscribes and lets it have what there is. */
  consume(consumerTag: string, options?: SubscriptionOptions): TestSubscription;
  /** Bodies of basic.get without acknowledgement until it is empty. */
  drain(): string[];
}

export function makeQueue(options: QueueOptions = {}): QueueUnderTest {
  const clock = options.clock ?? new TestClock();
  const environment = new TestEnvironment(clock, options.store ?? null, options.cache);
  const declaration: QueueDeclaration = {
    name: options.name ?? "q",
    durable: options.durable ?? false,
    autoDelete: options.autoDelete ?? false,
    exclusiveOwner: options.exclusiveOwner ?? null,
    arguments: tableOf(options.arguments ?? {}),
  };
  const queue = new ClassicQueue(declaration, environment);
  return {
    queue,
    environment,
    clock,
    publish: (...bodies) => bodies.reduce((_bits, body) => queue.enqueue(messageOf(body)), 0),
    consume: (consumerTag, consumerOptions) => {
      const subscription = new TestSubscription(consumerTag, consumerOptions);
      queue.subscribe(subscription);
      environment.runTurns();
      return subscription;
    },
    drain: () => drain(queue),
  };
}

function drain(queue: ClassicQueue): string[] {
  const bodies: string[] = [];
  for (let taken = queue.take(true); taken !== null; taken = queue.take(true)) {
    bodies.push(taken.message.body.toString());
  }
  return bodies;
}
