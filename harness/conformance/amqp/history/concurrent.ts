/** Publishers and consumers at once on one queue; every event in the order in which this process saw it. */
import type { Channel } from "../client/channel.ts";
import type { AmqpContext } from "../context.ts";
import type { HistoryEvent } from "./ledger.ts";

export interface ConcurrentOptions {
  readonly publishers: number;
  readonly consumers: number;
  /** Of all publishers together. */
  readonly messages: number;
}

const DRAIN_TIMEOUT_MS = 60_000;
const IDLE_LIMIT_MS = 150;

interface History {
  readonly t: AmqpContext;
  readonly queue: string;
  readonly events: HistoryEvent[];
  readonly gone: Set<string>;
  readonly options: ConcurrentOptions;
  sessions: number;
}

export async function concurrentHistory(t: AmqpContext, options: ConcurrentOptions): Promise<HistoryEvent[]> {
  const queue = await t.queue(await t.channel());
  const history: History = { t, queue, events: [], gone: new Set(), options, sessions: 0 };
  const publishing = Array.from({ length: options.publishers }, (_, index) => publish(history, index));
  const consuming = Array.from({ length: options.consumers }, () => consume(history));
  await Promise.all([...publishing, ...consuming]);
  return history.events;
}

async function publish({ t, queue, events, options }: History, publisher: number): Promise<void> {
  const channel = await t.confirmingChannel(await t.connect());
  const count = options.messages / options.publishers;
  const ids = Array.from({ length: count }, (_, index) => `${publisher}-${index}`);
  let confirmed = 0;
  for (const id of ids) {
    events.push({ kind: "published", id });
    channel.publish("", queue, id, { properties: t.below(2) === 0 ? { deliveryMode: 2 } : {} });
    if (channel.published % 25 !== 0) continue;
    await channel.settled();
    while (confirmed < channel.published) events.push({ kind: "confirmed", id: ids[confirmed++]! });
  }
  await channel.settled();
  while (confirmed < ids.length) events.push({ kind: "confirmed", id: ids[confirmed++]! });
}

/** Sessions follow one another until every message is acknowledged. */
async function consume(history: History): Promise<void> {
  const deadline = performance.now() + DRAIN_TIMEOUT_MS;
  while (history.gone.size < history.options.messages && performance.now() < deadline) {
    await consumeForAWhile(history, history.sessions++, deadline);
  }
}

async function consumeForAWhile(history: History, session: number, deadline: number): Promise<void> {
  const { t, events, gone, options } = history;
  const connection = await t.connect();
  const channel = await connection.channel();
  await channel.call("basic.qos", { prefetchCount: 1 + t.below(20) });
  await channel.consume(history.queue);
  const actions = 20 + t.below(60);
  let lastMs = performance.now();
  for (let action = 0; action < actions && gone.size < options.messages && performance.now() < deadline; ) {
    const delivery = channel.deliveries.shift();
    if (delivery === undefined) {
      // Perhaps its prefetch is full of what it will not answer.
      if (performance.now() - lastMs > IDLE_LIMIT_MS) break;
      await t.sleep(2);
      continue;
    }
    lastMs = performance.now();
    action++;
    events.push({ kind: "delivered", id: delivery.text, redelivered: delivery.redelivered, session });
    await answer(history, channel, delivery.tag, delivery.text);
  }
  await leave(history, channel, session);
}

/** An acknowledgement counts once a synchronous reply has followed it. */
async function answer(
  { t, events, gone }: History,
  channel: Channel,
  tag: number,
  id: string,
): Promise<void> {
  const choice = t.below(10);
  if (choice === 0) return;
  if (choice <= 2) {
    events.push({ kind: "requeued", id });
    channel.nack(tag);
    return;
  }
  channel.ack(tag);
  await channel.sync();
  events.push({ kind: "acknowledged", id });
  gone.add(id);
}

/** What was delivered and not looked at yet counts as delivered: it comes again marked so. */
async function leave({ t, events }: History, channel: Channel, session: number): Promise<void> {
  const { connection } = channel;
  connection.wire.socket.pause();
  for (const { text, redelivered } of channel.deliveries.splice(0)) {
    events.push({ kind: "delivered", id: text, redelivered, session });
  }
  events.push({ kind: "left", session });
  connection.kill();
  await t.sleep(1);
}
