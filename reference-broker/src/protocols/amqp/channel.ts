/**
 * One channel: its consumers, what it has delivered, its mode (confirm or tx) and prefetch. Methods are in handlers/, one
 * file each; content is put together in content-assembly.ts.
 */
import type { Queue } from "../../engines/queues/contract.ts";
import type { Message } from "../../mechanisms/message.ts";
import type { Consumer } from "./consumer.ts";
import { ConsumerTimeout } from "./consumer-timeout.ts";
import { ContentAssembly } from "./content-assembly.ts";
import type { ReplyReceiver } from "./direct-reply-to.ts";
import { METHODS, type MethodFields, type MethodName } from "./methods/table.ts";
import { PublishPermissions } from "./publish-permissions.ts";
import type { PublisherConfirms } from "./publisher-confirms.ts";
import { AmqpError } from "./reply-codes.ts";
import type { Session } from "./session.ts";
import type { Transaction, Settlement } from "./transaction.ts";
import { type DeliveryOwner, type DeliveryVisitor, UnackedDeliveries } from "./unacked-deliveries.ts";

export interface ReplyConsumer {
  readonly consumerTag: string;
  /** What reply-to is set to, in requests. */
  readonly key: string;
}

export class Channel implements ReplyReceiver {
  readonly number: number;
  readonly session: Session;
  readonly content: ContentAssembly;
  readonly publishPermissions: PublishPermissions;
  readonly consumers = new Map<string, Consumer>();
  readonly #unacked = new UnackedDeliveries();
  readonly #timeout: ConsumerTimeout;
  #nextDeliveryTag = 1;
  /** What the next consumers get, 0 for no limit. */
  consumerPrefetchCount = 0;
  #globalPrefetchCount = 0;
  /** Deliveries to consumers that are not settled: what the global prefetch counts. */
  #consumerUnackedCount = 0;
  /** What an empty queue name stands for. */
  lastDeclaredQueue = "";
  replyConsumer: ReplyConsumer | null = null;
  confirms: PublisherConfirms | null = null;
  transaction: Transaction | null = null;
  /** Of the last method, for channel.close and connection.close. */
  methodClassId = 0;
  methodId = 0;
  /** In the connection's list of channels that owe confirms. */
  isToBeConfirmed = false;
  /** Deliveries were settled since the last reply: what answers next says that this is stored. */
  hasSettled = false;
  #isReleased = false;

  constructor(session: Session, number: number) {
    this.session = session;
    this.number = number;
    this.content = new ContentAssembly(session.environment);
    this.publishPermissions = new PublishPermissions(session);
    this.#timeout = new ConsumerTimeout(
      session.environment.timers,
      this.#unacked,
      () => this.#nextDeliveryTag,
      (timeoutMs) => this.#timedOut(timeoutMs),
    );
  }

  /** False from the first of channel.close, whoever sent it, and the connection's end. */
  get isOpen(): boolean {
    return !this.#isReleased;
  }

  get takesDeliveries(): boolean {
    return this.session.takesDeliveries;
  }

  get hasPrefetchLeft(): boolean {
    return this.#globalPrefetchCount === 0 || this.#consumerUnackedCount < this.#globalPrefetchCount;
  }

  get unackedCount(): number {
    return this.#unacked.count;
  }

  send<Name extends MethodName>(name: Name, fields: MethodFields[Name]): void {
    if (this.#isReleased) return;
    this.session.writer.method(this.number, METHODS[name], fields);
    this.session.sendLater();
  }

  deliver(consumer: Consumer, message: Message, position: number, redelivered: boolean): void {
    const tag = this.#nextDeliveryTag++;
    if (!consumer.noAck) {
      this.#consumerUnackedCount++;
      this.#unacked.push(tag, consumer, position);
      this.#timeout.watch();
    }
    this.session.writer.deliver(this.number, consumer.consumerTag, tag, redelivered, message);
    this.session.sendLater();
  }

  /** Delivery tag of what basic.get took; `owner` null with no-ack. */
  taken(owner: DeliveryOwner | null, position: number): number {
    const tag = this.#nextDeliveryTag++;
    if (owner === null) return tag;
    this.#unacked.push(tag, owner, position);
    this.#timeout.watch();
    return tag;
  }

  receiveReply(message: Message): void {
    if (this.#isReleased || this.replyConsumer === null || !this.session.takesReplies) return;
    const tag = this.#nextDeliveryTag++;
    this.session.writer.deliver(this.number, this.replyConsumer.consumerTag, tag, false, message);
    this.session.sendLater();
  }

  set globalPrefetchCount(count: number) {
    this.#globalPrefetchCount = count;
    this.resumeConsumers();
  }

  consumerSettled(count: number): void {
    const wasFull = !this.hasPrefetchLeft;
    this.#consumerUnackedCount -= count;
    if (wasFull) this.resumeConsumers();
  }

  resumeLater(consumer: Consumer): void {
    this.session.resumeLater(consumer);
  }

  /** After whatever kept all of them from taking more has gone. */
  resumeConsumers(): void {
    for (const consumer of this.consumers.values()) this.session.resumeLater(consumer);
  }

  /** Takes deliveries out as acknowledged or rejected by `tag`; false when the tag is unknown. */
  settle(tag: number, multiple: boolean, settlement: Settlement): boolean {
    if (this.transaction !== null)
      return this.#settleInTransaction(this.transaction, tag, multiple, settlement);
    this.hasSettled = true;
    if (settlement === "ack") return this.#take(tag, multiple, acknowledge);
    const batch = new SettlementBatch(settlement);
    const isKnown = this.#take(tag, multiple, batch.add);
    batch.finish();
    return isKnown;
  }

  #settleInTransaction(
    transaction: Transaction,
    tag: number,
    multiple: boolean,
    settlement: Settlement,
  ): boolean {
    return this.#take(tag, multiple, (owner, position, taken) =>
      transaction.settle(owner, position, taken, settlement),
    );
  }

  #take(tag: number, multiple: boolean, visit: DeliveryVisitor): boolean {
    if (!multiple) return this.#unacked.take(tag, visit);
    if (tag !== 0) return this.#unacked.takeThrough(tag, visit);
    this.#unacked.takeAll(visit);
    return true;
  }

  /** basic.recover: everything unsettled goes back and is delivered anew, under new tags. */
  requeueAll(): void {
    const batch = new SettlementBatch("requeue");
    this.#unacked.takeAll(batch.add);
    batch.finish();
  }

  /** Settles what the transaction holds, in its order. */
  commitSettlements({ owners, positions, settlements }: Transaction): void {
    for (let from = 0; from < settlements.length; ) {
      const settlement = settlements[from]!;
      let to = from;
      const batch = new SettlementBatch(settlement);
      for (; to < settlements.length && settlements[to] === settlement; to++) {
        if (settlement === "ack") acknowledge(owners[to]!, positions[to]!);
        else batch.add(owners[to]!, positions[to]!);
      }
      batch.finish();
      from = to;
    }
  }

  rollbackSettlements({ tags, owners, positions }: Transaction): void {
    if (tags.length > 0) this.#unacked.restore(tags, owners, positions);
  }

  /** The queue is gone. */
  consumerCancelled(consumer: Consumer): void {
    this.consumers.delete(consumer.consumerTag);
    if (!this.session.capabilities.consumerCancelNotify) return;
    this.send("basic.cancel", { consumerTag: consumer.consumerTag, noWait: true });
  }

  #timedOut(timeoutMs: number): void {
    const text = `delivery acknowledgement on channel ${this.number} timed out. Timeout value used: ${timeoutMs} ms.`;
    const advice = "This timeout value can be configured, see consumers doc guide to learn more";
    this.session.closeChannel(this, new AmqpError("PRECONDITION_FAILED", `${text} ${advice}`));
  }

  disconnectClient(reason: string): void {
    this.session.disconnectClient(reason);
  }

  /** Asks the store about what was published since the last time, then answers what is settled. */
  flushConfirms(): void {
    const { confirms } = this;
    if (confirms === null || this.#isReleased) return;
    if (confirms.hasUnregistered) {
      confirms.handedOver();
      this.session.environment.engine.whenStored(this.#onStored);
    }
    confirms.flush(this.#sendConfirm);
  }

  readonly #onStored = (stored: boolean): void => {
    const { confirms } = this;
    if (confirms === null || this.#isReleased) return;
    confirms.stored(stored);
    confirms.flush(this.#sendConfirm);
    this.session.sendSoon();
  };

  readonly #sendConfirm = (deliveryTag: number, multiple: boolean, isAck: boolean): void => {
    if (isAck) this.send("basic.ack", { deliveryTag, multiple });
    else this.send("basic.nack", { deliveryTag, multiple, requeue: false });
  };

  /** The client's channel.close crossed ours. */
  answerClose(): void {
    this.session.writer.method(this.number, METHODS["channel.close-ok"], {});
    this.session.sendLater();
  }

  /** Consumers end, what is unsettled goes back to its queues, what is uncommitted is forgotten. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#timeout.stop();
    for (const consumer of this.consumers.values()) consumer.cancel();
    this.consumers.clear();
    if (this.replyConsumer !== null) this.session.environment.replyRoutes.close(this.replyConsumer.key);
    if (this.transaction !== null) {
      this.rollbackSettlements(this.transaction);
      this.transaction.clear();
    }
    this.content.abandon();
    this.requeueAll();
  }
}

function acknowledge(owner: DeliveryOwner, position: number): void {
  owner.queue.settle(position);
  owner.settled(1);
}

/** Deliveries given back or rejected, grouped by queue: each queue puts them in order itself. */
class SettlementBatch {
  readonly #settlement: Settlement;
  readonly #positions = new Map<Queue, number[]>();
  readonly #owners: DeliveryOwner[] = [];

  constructor(settlement: Settlement) {
    this.#settlement = settlement;
  }

  readonly add = (owner: DeliveryOwner, position: number): void => {
    const positions = this.#positions.get(owner.queue);
    if (positions === undefined) this.#positions.set(owner.queue, [position]);
    else positions.push(position);
    this.#owners.push(owner);
  };

  /** Credit returns before the queue looks for whom to deliver to. */
  finish(): void {
    for (const owner of this.#owners) owner.settled(1);
    for (const [queue, positions] of this.#positions) {
      if (this.#settlement === "requeue") queue.requeue(positions);
      else queue.reject(positions);
    }
  }
}
