/** Random commands against a queue, each checked against the model. */
import * as fc from "fast-check";
import { ConformanceFailure } from "../../../src/conform/failure.ts";
import type { Channel } from "../client/channel.ts";
import type { AmqpContext } from "../context.ts";
import type { QueueModel } from "./model.ts";

export interface RealQueue {
  readonly t: AmqpContext;
  readonly queue: string;
  channel: Channel;
}

export type Command = fc.AsyncCommand<QueueModel, RealQueue>;

/** What a broker's timers may be late. */
const EXPIRY_SLACK_MS = 150;

abstract class QueueCommand implements Command {
  check(_model: Readonly<QueueModel>): boolean {
    return true;
  }

  abstract run(model: QueueModel, real: RealQueue): Promise<void>;
  abstract toString(): string;
}

export class Publish extends QueueCommand {
  readonly count: number;
  readonly ttlMs: number | null;

  constructor(count: number, ttlMs: number | null) {
    super();
    this.count = count;
    this.ttlMs = ttlMs;
  }

  override async run(model: QueueModel, { channel, queue }: RealQueue): Promise<void> {
    const properties = {
      deliveryMode: 2,
      ...(this.ttlMs === null ? {} : { expiration: String(this.ttlMs) }),
    };
    for (let count = 0; count < this.count; count++) {
      const body = model.nextBody();
      const sentMs = performance.now();
      const verdict = await channel.publishConfirmed("", queue, body, { properties });
      if (verdict !== "ack") throw new ConformanceFailure(`${body} confirmed`, verdict);
      const ttlMs = this.ttlMs ?? Number.POSITIVE_INFINITY;
      model.publish(body, sentMs + ttlMs, performance.now() + ttlMs + EXPIRY_SLACK_MS);
    }
  }

  override toString(): string {
    return `publish ${this.count}${this.ttlMs === null ? "" : ` expiring after ${this.ttlMs} ms`}`;
  }
}

export class Get extends QueueCommand {
  readonly count: number;

  constructor(count: number) {
    super();
    this.count = count;
  }

  override async run(model: QueueModel, real: RealQueue): Promise<void> {
    for (let count = 0; count < this.count; count++) await this.#getOne(model, real);
  }

  async #getOne(model: QueueModel, { channel, queue }: RealQueue): Promise<void> {
    const askedMs = performance.now();
    const message = await channel.get(queue, false);
    const allowed = model.allowedHeads(askedMs, performance.now());
    const got = message?.text ?? null;
    if (!allowed.includes(got)) throw new ConformanceFailure(`get: ${words(allowed)}`, words([got]));
    if (message === null) return model.foundEmpty();
    const { redelivered } = model.take(message.text, message.tag);
    if (redelivered !== null && redelivered !== message.redelivered) {
      throw new ConformanceFailure(
        `${got} with redelivered ${redelivered}`,
        `redelivered ${message.redelivered}`,
      );
    }
  }

  override toString(): string {
    return `get ${this.count}`;
  }
}

function words(bodies: readonly (string | null)[]): string {
  return bodies.map((body) => body ?? "get-empty").join(" or ");
}

/** Settles one of what is held, or everything up to it. */
export class Settle extends QueueCommand {
  readonly how: "ack" | "requeue" | "reject";
  readonly index: number;
  readonly multiple: boolean;

  constructor(how: "ack" | "requeue" | "reject", index: number, multiple: boolean) {
    super();
    this.how = how;
    this.index = index;
    this.multiple = multiple;
  }

  override check(model: Readonly<QueueModel>): boolean {
    return model.held.length > 0;
  }

  override async run(model: QueueModel, { channel }: RealQueue): Promise<void> {
    const { tag } = model.held[this.index % model.held.length]!;
    const tags = this.multiple ? model.held.map((item) => item.tag).filter((other) => other <= tag) : [tag];
    if (this.how === "ack") channel.ack(tag, this.multiple);
    else channel.nack(tag, { requeue: this.how === "requeue", multiple: this.multiple });
    await channel.sync();
    if (this.how === "requeue") model.requeue(tags);
    else model.settle(tags);
  }

  override toString(): string {
    return `${this.how} held[${this.index} mod held]${this.multiple ? " multiple" : ""}`;
  }
}

export class Recover extends QueueCommand {
  override async run(model: QueueModel, { channel }: RealQueue): Promise<void> {
    await channel.call("basic.recover", { requeue: true });
    model.requeueAll();
  }

  override toString(): string {
    return "recover";
  }
}

export class Purge extends QueueCommand {
  override async run(model: QueueModel, { channel, queue }: RealQueue): Promise<void> {
    const askedMs = performance.now();
    const { messageCount } = await channel.call("queue.purge", { queue });
    const [least, most] = model.countRange(performance.now());
    if (messageCount < least || messageCount > most) {
      throw new ConformanceFailure(`purge of ${least} to ${most} (asked at ${askedMs})`, `${messageCount}`);
    }
    model.purge();
  }

  override toString(): string {
    return "purge";
  }
}

export class Count extends QueueCommand {
  override async run(model: QueueModel, { t, channel, queue }: RealQueue): Promise<void> {
    const { messages } = await t.counts(channel, queue);
    const [least, most] = model.countRange(performance.now());
    if (messages < least || messages > most)
      throw new ConformanceFailure(`${least} to ${most} ready`, `${messages}`);
  }

  override toString(): string {
    return "count";
  }
}

export class Wait extends QueueCommand {
  readonly ms: number;

  constructor(ms: number) {
    super();
    this.ms = ms;
  }

  override async run(_model: QueueModel, { t }: RealQueue): Promise<void> {
    await t.sleep(this.ms);
  }

  override toString(): string {
    return `wait ${this.ms} ms`;
  }
}

/** The client leaves and comes back; what it held is requeued, which may take the broker a moment. */
export class Reconnect extends QueueCommand {
  readonly how: "channel" | "connection" | "kill";

  constructor(how: "channel" | "connection" | "kill") {
    super();
    this.how = how;
  }

  override async run(model: QueueModel, real: RealQueue): Promise<void> {
    const { t, queue, channel } = real;
    if (this.how === "channel") await channel.close();
    else if (this.how === "connection") await channel.connection.close();
    else channel.connection.kill();
    model.requeueAll();
    real.channel = await t.confirmingChannel(this.how === "channel" ? channel.connection : await t.connect());
    await t.awaitCount(real.channel, queue, model.ready.length);
  }

  override toString(): string {
    return `reconnect after ${this.how} ${this.how === "kill" ? "of the client" : "close"}`;
  }
}

/** Everything published was persistent and confirmed, everything acknowledged was followed by a synchronous reply. */
export class Restart extends QueueCommand {
  override async run(model: QueueModel, real: RealQueue): Promise<void> {
    const { t, queue } = real;
    await t.restart("graceful");
    model.requeueAll(null);
    model.forgetFlags();
    real.channel = await t.confirmingChannel();
    await t.awaitCount(real.channel, queue, model.ready.length);
  }

  override toString(): string {
    return "restart";
  }
}

/** Arbitrary sequences; an entry is repeated to make it likelier. */
export function history(extra: readonly fc.Arbitrary<Command>[], ttl: boolean) {
  const ttlMs = ttl ? fc.constantFrom(null, null, 300, 700) : fc.constant(null);
  const publish = fc
    .tuple(fc.integer({ min: 1, max: 5 }), ttlMs)
    .map(([count, ms]) => new Publish(count, ms));
  const get: fc.Arbitrary<Command> = fc.integer({ min: 1, max: 4 }).map((count) => new Get(count));
  const settle = fc
    .tuple(fc.constantFrom("ack" as const, "requeue" as const, "reject" as const), fc.nat(20), fc.boolean())
    .map(([how, index, multiple]) => new Settle(how, index, multiple));
  const rare = [
    fc.constant<Command>(new Purge()),
    fc.constant<Command>(new Count()),
    fc.constant<Command>(new Recover()),
  ];
  return [publish, publish, publish, get, get, get, get, settle, settle, settle, ...rare, ...extra];
}
