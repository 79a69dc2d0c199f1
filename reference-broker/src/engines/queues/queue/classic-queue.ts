/**
 * One classic queue as RabbitMQ 4 has it. Here is what happens and in which order; messages.ts keeps the messages,
 * consumers.ts their turns, and expiry, overflow, dead letters and lease have a file each.
 */
import type { FieldTable, Message } from "../../../mechanisms/message.ts";
import type { TimerTarget } from "../../../mechanisms/timers.ts";
import { PUBLISHED, type QueueDeclaration, QueueError, type Subscription, type Taken } from "../contract.ts";
import type { CreateQueue, EngineQueue, QueueEnvironment } from "../queue-environment.ts";
import type { QueueStatistics } from "../statistics.ts";
import { NEVER } from "./chunk.ts";
import { Consumers } from "./consumers.ts";
import { DeadLetters } from "./dead-letters.ts";
import { MessageExpiry } from "./expiry.ts";
import { Lease } from "./lease.ts";
import { QueueMessages } from "./messages.ts";
import { ADMITTED, Overflow } from "./overflow.ts";
import { QUEUE_DEFAULTS, type QueueDefaults, readQueueSettings } from "./settings.ts";

/** With noAck the message is settled, and has no position that means anything. */
const NO_POSITION = 0;

export class ClassicQueue implements EngineQueue, TimerTarget {
  readonly name: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly exclusiveOwner: object | null;
  readonly arguments: FieldTable;
  readonly deadLetterExchange: string | null;
  readonly deadLetterRoutingKey: string | null;
  isDeleted = false;

  readonly #environment: QueueEnvironment;
  readonly #maxBatch: number;
  readonly #messages: QueueMessages;
  readonly #consumers: Consumers;
  readonly #deadLetters: DeadLetters;
  readonly #expiry: MessageExpiry;
  /** null: no limit. */
  readonly #overflow: Overflow | null;
  readonly #lease: Lease | null;
  /** x-message-ttl 0 without dead-letter exchange: what no consumer takes at once need not be queued. */
  readonly #discardsUntaken: boolean;
  /** Deleted or closed: who still holds the queue is answered, and nothing is done. */
  #gone = false;
  #turnRequested = false;
  #delivering = false;
  /** A head that is paged out is being read. */
  #fetching = false;

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
    this.#maxBatch = defaults.maxBatch;
    const messages = new QueueMessages(settings.maxPriority, environment);
    const deadLetters = new DeadLetters(this, messages, environment);
    this.#messages = messages;
    this.#consumers = new Consumers(settings.singleActiveConsumer);
    this.#deadLetters = deadLetters;
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
      if (subscription !== null) return this.#handOver(message, deadlineMs, subscription);
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
    if (this.#turnRequested) this.#deliver();
    if (this.#gone || !overflow.wouldExceed(message)) return ADMITTED;
    return overflow.admit(message, this.#describe());
  }

  /** As in RabbitMQ a message that a consumer takes at once is never too much and never too late. */
  #handOver(message: Message, deadlineMs: number, subscription: Subscription): number {
    this.#consumers.pass();
    this.#messages.counters.deliveredMessages++;
    if (subscription.noAck) {
      subscription.deliver(message, NO_POSITION, false);
      return 0;
    }
    const position = this.#messages.appendUnacknowledged(message, deadlineMs);
    subscription.deliver(message, position, false);
    return this.#messages.stores(message) ? PUBLISHED.storing : 0;
  }

  subscribe(subscription: Subscription): void {
    if (this.#gone) throw new QueueError("not-found", `no ${this.#describe()}`);
    if (!this.#consumers.admits(subscription)) {
      throw new QueueError("access-refused", `${this.#describe()} in exclusive use`);
    }
    this.#consumers.add(subscription);
    // Not within this call: consume-ok goes before the first delivery.
    this.#askForTurn();
  }

  unsubscribe(subscription: Subscription): void {
    if (!this.#consumers.remove(subscription) || this.#gone) return;
    // Another one may have become the single active consumer.
    this.#askForTurn();
    if (this.#consumers.count > 0) return;
    this.#lease?.renew();
    if (this.autoDelete) this.#environment.unused(this);
  }

  resume(subscription: Subscription): void {
    this.#consumers.resume(subscription);
    if (!this.#turnRequested) this.#deliver();
  }

  take(noAck: boolean): Taken | null {
    if (this.#gone) return null;
    this.touch();
    const messages = this.#messages;
    const nowMs = messages.hasDeadlines ? this.#environment.now() : 0;
    let taken: Taken | null = null;
    while (taken === null && messages.findHead()) {
      if (messages.headDeadlineMs <= nowMs) {
        this.#deadLetters.dropHead("expired");
        continue;
      }
      const message = messages.headMessage ?? messages.loadHead();
      if (message === null) continue;
      message.keep();
      taken = { message, position: messages.headPosition, redelivered: messages.isHeadRedelivered };
      if (noAck) messages.settleHead();
      else messages.deliverHead();
    }
    if (taken !== null) messages.counters.fetchedMessages++;
    this.#afterTaking();
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
    this.#askForTurn();
  }

  reject(positions: readonly number[]): void {
    if (this.#gone) return;
    this.#messages.counters.rejectedMessages += positions.length;
    for (const position of positions) this.#deadLetters.reject(position);
  }

  purge(): number {
    if (this.#gone) return 0;
    const count = this.#messages.purge();
    this.#messages.counters.purgedMessages += count;
    this.#afterTaking();
    return count;
  }

  touch(): void {
    if (!this.#gone && this.#consumers.count === 0) this.#lease?.renew();
  }

  /** A message's deadline has come. */
  expired(payload: number): void {
    if (this.#gone) return;
    if (!this.#expiry.due(payload)) this.#askForTurn();
    this.#makeRoomKnown();
  }

  turn(): void {
    this.#turnRequested = false;
    if (this.#gone) return;
    this.#watchHead();
    this.#deliver();
  }

  #askForTurn(): void {
    if (this.#turnRequested || this.#messages.readyCount === 0) return;
    this.#turnRequested = true;
    this.#environment.requestTurn(this);
  }

  #watchHead(): void {
    if (!this.#expiry.watchHead()) this.#askForTurn();
    this.#makeRoomKnown();
  }

  /** Gives ready messages to ready consumers, a turn's work at most. */
  #deliver(): void {
    if (this.#delivering || this.#gone || this.#messages.readyCount === 0) return;
    this.#delivering = true;
    const nowMs = this.#messages.hasDeadlines ? this.#environment.now() : 0;
    let work = this.#maxBatch;
    while (!this.#gone && this.#messages.readyCount > 0) {
      const subscription = this.#consumers.peek();
      if (subscription === null) break;
      if (work-- === 0) {
        this.#askForTurn();
        break;
      }
      if (!this.#deliverHead(subscription, nowMs)) break;
    }
    this.#delivering = false;
    if (!this.#gone) this.#afterTaking();
  }

  /** Delivers or drops the head. False: it must be read from the disk first. */
  #deliverHead(subscription: Subscription, nowMs: number): boolean {
    const messages = this.#messages;
    messages.findHead();
    if (messages.hasDeadlines && messages.headDeadlineMs <= nowMs) {
      this.#deadLetters.dropHead("expired");
      return true;
    }
    const held = messages.headMessage;
    if (held !== null) messages.counters.cacheHits++;
    const message = held ?? this.#loadHead();
    if (message === null) return !this.#fetching;
    const position = messages.headPosition;
    const redelivered = messages.isHeadRedelivered;
    messages.counters.deliveredMessages++;
    if (redelivered) messages.counters.redeliveredMessages++;
    this.#consumers.pass();
    if (subscription.noAck) {
      messages.settleHead();
      subscription.deliver(message, NO_POSITION, redelivered);
    } else {
      messages.deliverHead();
      subscription.deliver(message, position, redelivered);
    }
    return true;
  }

  /** null: it is damaged and gone, or, `#fetching`, delivery goes on when it has been read. */
  #loadHead(): Message | null {
    if (this.#fetching) return null;
    if (this.#messages.isHeadAtHand) return this.#messages.loadHead();
    this.#fetching = true;
    void this.#messages.fetchHead().then(() => {
      this.#fetching = false;
      this.#deliver();
    });
    return null;
  }

  /** The head is another one, and there are fewer. */
  #afterTaking(): void {
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
