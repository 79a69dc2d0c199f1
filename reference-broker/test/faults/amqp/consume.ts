/** Consumers: those of the load, which settle as their plan says, and the one that reads a queue to its end. */
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { decodeBody } from "./message-body.ts";
import type { Place, QueueLedger } from "./queue-ledger.ts";
import type { ConsumerPlan } from "./round-plan.ts";

const DRAIN_PREFETCH = 500;

/** Acks on one channel, as a ledger hears of them. */
class Acks {
  readonly #channel: Channel;
  readonly #queue: string;
  readonly #place: Place;
  readonly #ledger: QueueLedger;
  /** Acknowledged since the last synchronous call. */
  #sinceReply: number[] = [];

  constructor(channel: Channel, queue: string, place: Place, ledger: QueueLedger) {
    this.#channel = channel;
    this.#queue = queue;
    this.#place = place;
    this.#ledger = ledger;
  }

  get count(): number {
    return this.#sinceReply.length;
  }

  /** Of `numbers`, up to this message. */
  send(message: ConsumeMessage, numbers: readonly number[], multiple: boolean): void {
    for (const number of numbers) this.#ledger.acked(this.#place, number);
    this.#sinceReply.push(...numbers);
    this.#channel.ack(message, multiple);
  }

  /** A passive declaration: its reply comes after the acks. */
  async makeSure(): Promise<void> {
    const numbers = this.#sinceReply;
    this.#sinceReply = [];
    await this.#channel.checkQueue(this.#queue);
    for (const number of numbers) this.#ledger.ackIsSure(this.#place, number);
  }
}

/** Starts a consumer. Returns what ends it, with a reply to its last acks. */
export async function settleAsPlanned(
  channel: Channel,
  queue: string,
  plan: ConsumerPlan,
  ledger: QueueLedger,
  random: () => number,
): Promise<() => Promise<void>> {
  channel.on("error", () => undefined);
  const acks = new Acks(channel, queue, "live", ledger);
  let unacked: number[] = [];
  const settle = (message: ConsumeMessage): void => {
    const number = decodeBody(message.content);
    if (!ledger.delivered("live", number, message.content.length, message.fields.redelivered)) {
      channel.nack(message, false, false);
      return;
    }
    const fate = random();
    if (fate < plan.requeues + plan.rejects) {
      channel.nack(message, false, fate < plan.requeues);
      return;
    }
    unacked.push(number!);
    if (unacked.length < plan.ackEvery) return;
    acks.send(message, unacked, plan.ackEvery > 1);
    unacked = [];
    // A kill leaves it without an answer.
    if (acks.count >= plan.replyEvery) acks.makeSure().catch(() => undefined);
  };
  await channel.prefetch(plan.prefetch);
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message !== null) settle(message);
  });
  return async () => {
    await channel.cancel(consumerTag);
    await acks.makeSure();
    await channel.close();
  };
}

/** Reads and acknowledges until the queue is empty. Resolves with how many it read. */
export async function drainQueue(
  connection: ChannelModel,
  queue: string,
  place: Place,
  ledger: QueueLedger,
): Promise<number> {
  const channel = await connection.createChannel();
  const acks = new Acks(channel, queue, place, ledger);
  let read = 0;
  let unacked = 0;
  await channel.prefetch(DRAIN_PREFETCH);
  await channel.consume(queue, (message) => {
    if (message === null) throw new Error(`${queue} is gone`);
    read++;
    const number = decodeBody(message.content);
    if (!ledger.delivered(place, number, message.content.length, message.fields.redelivered)) {
      channel.nack(message, false, false);
      return;
    }
    ledger.drained(place, number!);
    acks.send(message, [number!], false);
  });
  for (let before = -1; before !== read || unacked > 0; ) {
    before = read;
    await acks.makeSure();
    unacked = (await channel.checkQueue(queue)).messageCount;
  }
  await channel.close();
  return read;
}
