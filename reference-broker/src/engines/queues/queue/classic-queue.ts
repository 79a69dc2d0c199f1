/**
 * One classic queue as RabbitMQ 4 has it. Here is what happens and in which order; messages.ts keeps the messages,
 * consumers.ts their turns, and delivery, expiry, overflow, dead letters and lease have a file each.
 */
import type { FieldTable, Message } from "../../../mechanisms/message.ts";
import type { TimerTarget } from "../../../mechanisms/timers.ts";
import { PUBLISHED, type QueueDeclaration, QueueError, type Subscription, type Taken } from "../contract.ts";
import type { CreateQueue, EngineQueue, QueueEnvironment } from "../queue-environment.ts";
import type { QueueStatistics } from "../statistics.ts";
import { NEVER } from "./chunk.ts";
import { Consumers } from "./consumers.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Delivery, type DeliveryQueue } from "./delivery.ts";
import { MessageExpiry } from "./expiry.ts";
import { Lease } from "./lease.ts";
import { QueueMessages } from "./messages.ts";
import { ADMITTED, Overflow } from "./overflow.ts";
import { QUEUE_DEFAULTS, type QueueDefaults, readQueueSettings } from "./settings.ts";

export class ClassicQueue implements EngineQueue, TimerTarget, DeliveryQueue {
  readonly name: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly exclusiveOwner: object | null;
  readonly arguments: FieldTable;
  readonly deadLetterExchange: string | null;
  readonly deadLetterRoutingKey: string | null;
  isDeleted = false;

  readonly #environment: QueueEnvironment;
  readonly #messages: QueueMessages;
  readonly #consumers: Consumers;
  readonly #deadLetters: DeadLetters;
  readonly #delivery: Delivery;
  readonly #expiry: MessageExpiry;
  /** null: no limit. */
  readonly #overflow: Overflow | null;
  readonly #lease: Lease | null;
  /** x-message-ttl 0 without dead-letter exchange: what no consumer takes at once need not be queued. */
  readonly #discardsUntaken: boolean;
  /** Deleted or closed: who still holds the queue is answered, and nothing is done. */
  #gone = false;
  #turnRequested = false;

  constructor(
    declaration: QueueDeclaration,
    environment: QueueEnvironment,
    defaults: QueueDefaults = QUEUE_DEFAULTS,
  ) {
    const settings = readQueueSettings(declaration.arguments, defaults);
    this.name = declaration.name;
    this.durable = declaration.durable;
    this.autoDelete = declaration.autoDelete;
    this.exclusiveOwner = declaration.exclusiveOwner;
    this.arguments = declaration.arguments;
    this.deadLetterExchange = settings.deadLetterExchange;
    this.deadLetterRoutingKey = settings.deadLetterRoutingKey;
    this.#environment = environment;
    const messages = new QueueMessages(settings.maxPriority, environment);
    const deadLetters = new DeadLetters(this, messages, environment);
    this.#messages = messages;
    this.#consumers = new Consumers(settings.singleActiveConsumer);
    this.#deadLetters = deadLetters;
    const { maxBatch } = defaults;
    this.#delivery = new Delivery(this, messages, this.#consumers, deadLetters, environment, maxBatch);
    this.#expiry = new MessageExpiry(settings, this, messages, deadLetters, environment);
    const isLimited = settings.maxLength !== NEVER || settings.maxLengthBytes !== NEVER;
    this.#overflow = isLimited ? new Overflow(settings, messages, this.#consumers, deadLetters) : null;
    this.#lease = settings.expiresMs === NEVER ? null : new Lease(this, environment, settings.expiresMs);
    this.#lease?.renew();
    this.#discardsUntaken = settings.messageTtlMs === 0 && settings.deadLetterExchange === null;
  }

  get readyCount(): number {
    return this.#messages.readyCount;
  }

  /** Bytes of the bodies of ready messages. */
  get readyBytes(): number {
    return this.#messages.readyBytes;
  }

  get unacknowledgedCount(): number {
    return this.#messages.unacknowledgedCount;
  }

  get residentBytes(): number {
    return this.#messages.residentBytes;
  }

  /** Stored messages that could not be read back and are lost. */
  get damagedCount(): number {
    return this.#messages.counters.damagedMessages;
  }

  get consumerCount(): number {
    return this.#consumers.count;
  }

  statistics(): QueueStatistics {
    const { readyCount, unacknowledgedCount, readyBytes, residentBytes, counters } = this.#messages;
    return {
      ...this.#messages.storeStatistics(),
      ...counters,
      readyMessages: readyCount,
      unacknowledgedMessages: unacknowledgedCount,
      readyBytes,
      residentBytes,
      consumers: this.#consumers.count,
    };
  }

  get isBlocking(): boolean {
    return this.#overflow?.isBlocking ?? false;
  }

  enqueue(message: Message): number {
    if (this.#overflow !== null) {
      const bits = this.#admit(message, this.#overflow);
      if (bits !== ADMITTED) return bits;
    }
    if (this.#gone) return 0;
    const messages = this.#messages;
    messages.counters.publishedMessages++;
    const deadlineMs = this.#expiry.deadlineOf(message);
    if (messages.readyCount === 0) {
      const subscription = this.#consumers.peek();
      if (subscription !== null) return this.#delivery.handOver(message, deadlineMs, subscription);
    }
    if (this.#discardsUntaken) return 0;
    const position = messages.append(message, deadlineMs);
    if (deadlineMs !== NEVER && this.#expiry.isExact) this.#expiry.watch(position, deadlineMs);
    const dropped = this.#overflow?.dropExcess() ?? false;
    const isHead = messages.readyCount === 1 || messages.laneCount > 1;
    if (dropped || (isHead && deadlineMs !== NEVER)) this.#watchHead();
    const bits = messages.stores(message) ? PUBLISHED.storing : 0;
    return this.#overflow === null ? bits : bits | this.#overflow.blockedBit();
  }

  #admit(message: Message, overflow: Overflow): number {
    if (this.#gone || !overflow.wouldExceed(message)) return ADMITTED;
    // Consumers that are ready empty it first: it is full only of what nobody takes.
    if (this.#turnRequested) this.#delivery.run();
    if (this.#gone || !overflow.wouldExceed(message)) return ADMITTED;
    return overflow.admit(message, this.#describe());
  }

  subscribe(subscription: Subscription): void {
    if (this.#gone) throw new QueueError("not-found", `no ${this.#describe()}`);
    if (!this.#consumers.admits(subscription)) {
      throw new QueueError("access-refused", `${this.#describe()} in exclusive use`);
    }
    this.#consumers.add(subscription);
    // Not within this call: consume-ok goes before the first delivery.
    this.askForTurn();
  }

  unsubscribe(subscription: Subscription): void {
    if (!this.#consumers.remove(subscription) || this.#gone) return;
    // Another one may have become the single active consumer.
    this.askForTurn();
    if (this.#consumers.count > 0) return;
    this.#lease?.renew();
    if (this.autoDelete) this.#environment.unused(this);
  }

  resume(subscription: Subscription): void {
    this.#consumers.resume(subscription);
    if (!this.#turnRequested) this.#delivery.run();
  }

  take(noAck: boolean): Taken | null {
    if (this.#gone) return null;
    this.touch();
    const taken = this.#delivery.take(noAck);
    this.afterTaking();
    return taken;
  }

  settle(position: number): void {
    if (this.#gone) return;
    this.#messages.counters.acknowledgedMessages++;
    this.#messages.settle(position);
  }

  /** Within the call nothing is delivered: the channel may be in the middle of closing. */
  requeue(positions: readonly number[]): void {
    if (this.#gone || positions.length === 0) return;
    this.#messages.counters.requeuedMessages += positions.length;
    for (let index = positions.length - 1; index >= 0; index--) {
      const position = positions[index]!;
      const deadlineMs = this.#messages.requeue(position);
      if (deadlineMs !== NEVER && this.#expiry.isExact) this.#expiry.watch(position, deadlineMs);
    }
    this.#overflow?.dropExcess();
    this.#watchHead();
    this.askForTurn();
  }

  reject(positions: readonly number[]): void {
    if (this.#gone) return;
    this.#messages.counters.rejectedMessages += positions.length;
    this.#deadLetters.reject(positions);
  }

  purge(): number {
    if (this.#gone) return 0;
    const count = this.#messages.purge();
    this.#messages.counters.purgedMessages += count;
    this.afterTaking();
    return count;
  }

  touch(): void {
    if (!this.#gone && this.#consumers.count === 0) this.#lease?.renew();
  }

  /** A message's deadline has come. */
  expired(payload: number): void {
    if (this.#gone) return;
    if (!this.#expiry.due(payload)) this.#dropMore();
    this.#makeRoomKnown();
  }

  turn(): void {
    this.#turnRequested = false;
    if (this.#gone) return;
    this.#deadLetters.work();
    this.#watchHead();
    this.#delivery.run();
  }

  askForTurn(): void {
    if (this.#turnRequested || this.#messages.readyCount === 0) return;
    this.#turnRequested = true;
    this.#environment.requestTurn(this);
  }

  #watchHead(): void {
    if (!this.#expiry.watchHead()) this.#dropMore();
    this.#makeRoomKnown();
  }

  /** Somebody waits for dead letters; for the end of other messages nobody does, while they end faster than they come. */
  #dropMore(): void {
    if (this.deadLetterExchange !== null || this.#expiry.isBehind) this.askForTurn();
    else this.#environment.requestSpareTurn(this);
  }

  /** The head is another one, and there are fewer. */
  afterTaking(): void {
    this.#expiry.armHead();
    this.#makeRoomKnown();
  }

  #makeRoomKnown(): void {
    if (this.#overflow?.unblocks()) this.#environment.room(this);
  }

  deadLettered(position: number): void {
    if (!this.#gone) this.#messages.bury(position);
  }

  pageOut(bytes: number): number {
    return this.#messages.pageOut(bytes);
  }

  /**
   * What expired while the broker was down goes in a later turn, when everything has started. All messages count as
   * redelivered: which of them were delivered is not stored.
   */
  async recover(): Promise<void> {
    this.#messages.recover((position, deadlineMs) => {
      if (deadlineMs !== NEVER && this.#expiry.isExact) this.#expiry.watchRecovered(position);
    });
    this.#expiry.armHead();
  }

  delete(): number {
    if (this.isDeleted) return 0;
    this.isDeleted = true;
    const count = this.#messages.readyCount;
    this.#stop();
    this.#environment.store?.remove();
    // Channels may hold the queue for long by what they have not acknowledged: its messages go now.
    this.#messages.clear();
    for (const subscription of this.#consumers.all()) {
      this.#consumers.remove(subscription);
      subscription.cancelled();
    }
    this.#makeRoomKnown();
    return count;
  }

  close(): void {
    this.#stop();
  }

  #stop(): void {
    this.#gone = true;
    this.#delivery.stop();
    this.#deadLetters.stop();
    this.#expiry.stop();
    this.#lease?.stop();
  }

  #describe(): string {
    return `queue '${this.name}' in vhost '${this.#environment.virtualHost}'`;
  }
}

/** Declarations are to be checked by checkQueueArguments. What a durable queue holds comes with `recover`. */
export function queueMaker(defaults: QueueDefaults): CreateQueue {
  return (declaration, environment) => new ClassicQueue(declaration, environment, defaults);
}

export const createQueue = queueMaker(QUEUE_DEFAULTS);
