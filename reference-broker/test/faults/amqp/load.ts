/** The load of one round in one life of the broker, through an unmodified amqplib. */
import { type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { mulberry32 } from "../round-plan.ts";
import { settleAsPlanned } from "./consume.ts";
import { encodeBody } from "./message-body.ts";
import type { QueueLedger } from "./queue-ledger.ts";
import type { PublisherPlan, QueuePlan, QueueRoundPlan } from "./round-plan.ts";
import { declareQueues } from "./topology.ts";

/** Of one publisher in one life. */
const MAX_MESSAGES = 3000;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_UNCONFIRMED_BYTES = 4 * 1024 * 1024;
/** Beyond these limits it goes on slowly, so that the kill finds it at work. */
const SLOW_PAUSE_MS = 20;
const CONFIRM_LIMIT_MS = 30_000;

/** Numbers of all messages of a series: unique, and rising for each publisher. */
export interface NumberSource {
  next: number;
}

export interface Holding {
  readonly round: number;
  readonly queue: QueuePlan;
  readonly ledger: QueueLedger;
}

export async function open(port: number): Promise<ChannelModel> {
  const connection = await connect(`amqp://guest:guest@127.0.0.1:${port}`, { noDelay: true });
  // A kill is seen by what the calls answer.
  connection.on("error", () => undefined);
  return connection;
}

export class QueueLoad {
  readonly #connections: readonly ChannelModel[];
  readonly #publishers: readonly Publisher[];
  readonly #settled: (() => Promise<void>)[];

  private constructor(
    connections: readonly ChannelModel[],
    publishers: readonly Publisher[],
    settled: (() => Promise<void>)[],
  ) {
    this.#connections = connections;
    this.#publishers = publishers;
    this.#settled = settled;
  }

  static async start(
    port: number,
    plan: QueueRoundPlan,
    life: number,
    holdings: readonly Holding[],
    numbers: NumberSource,
  ): Promise<QueueLoad> {
    const publishing = await open(port);
    const consuming = await open(port);
    await declareQueues(publishing, plan);
    const random = mulberry32(plan.seed + life);
    const settled: (() => Promise<void>)[] = [];
    for (const { queue, ledger } of holdings) {
      for (const consumer of queue.consumers) {
        const channel = await consuming.createChannel();
        settled.push(await settleAsPlanned(channel, queue.name, consumer, ledger, random));
      }
    }
    const publishers: Publisher[] = [];
    for (const [at, publisher] of plan.publishers.entries()) {
      const channel = await publishing.createConfirmChannel();
      const targets = holdings.filter(({ queue }) => publisher.targets.includes(queue.name));
      publishers.push(new Publisher(channel, publisher, at, targets, numbers, random));
    }
    return new QueueLoad([publishing, consuming], publishers, settled);
  }

  /** After a kill: waits until the client has seen it. */
  async ended(): Promise<void> {
    await Promise.all(this.#publishers.map((publisher) => publisher.ended()));
  }

  /** Every publish is answered and every ack followed by a reply; then the connections are closed. */
  async stop(): Promise<void> {
    await Promise.all(this.#publishers.map((publisher) => publisher.stop()));
    await Promise.all(this.#settled.map((settled) => settled()));
    for (const connection of this.#connections) await connection.close();
  }
}

class Publisher {
  readonly #channel: ConfirmChannel;
  readonly #plan: PublisherPlan;
  readonly #id: number;
  readonly #targets: readonly Holding[];
  readonly #numbers: NumberSource;
  readonly #random: () => number;
  readonly #loop: Promise<void>;
  #unconfirmed = 0;
  #unconfirmedBytes = 0;
  #isStopping = false;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(
    channel: ConfirmChannel,
    plan: PublisherPlan,
    id: number,
    targets: readonly Holding[],
    numbers: NumberSource,
    random: () => number,
  ) {
    this.#channel = channel;
    this.#plan = plan;
    this.#id = id;
    this.#targets = targets;
    this.#numbers = numbers;
    this.#random = random;
    channel.on("error", () => undefined);
    channel.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
    this.#loop = this.#publish();
  }

  async ended(): Promise<void> {
    while (!this.#isClosed) await this.#woken();
    await this.#loop;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake();
    await this.#loop;
    const deadline = performance.now() + CONFIRM_LIMIT_MS;
    while (this.#unconfirmed > 0) {
      if (this.#isClosed || performance.now() > deadline) {
        throw new Error(`${this.#unconfirmed} publishes are not answered`);
      }
      await this.#woken();
    }
  }

  async #publish(): Promise<void> {
    let messages = 0;
    let bytes = 0;
    while (!this.#isStopping && !this.#isClosed) {
      const isSlow = messages > MAX_MESSAGES || bytes > MAX_BYTES;
      while (this.#unconfirmed < this.#plan.window && this.#unconfirmedBytes < MAX_UNCONFIRMED_BYTES) {
        messages++;
        bytes += this.#publishOne();
        if (isSlow || this.#isClosed || messages % 100 === 0) break;
      }
      if (isSlow) await pause(SLOW_PAUSE_MS);
      else await this.#woken();
    }
  }

  #publishOne(): number {
    const { minBytes, maxBytes, exchange, targets } = this.#plan;
    // Even in the logarithm, so that small ones are not rare.
    const bytes = Math.floor(minBytes * (maxBytes / minBytes) ** this.#random());
    const priority = Math.floor(this.#random() * 7);
    const number = this.#numbers.next++;
    for (const { queue, ledger } of this.#targets) {
      ledger.published(number, {
        ...{ publisher: this.#id, bytes },
        priority: Math.min(priority, queue.maxPriority),
      });
    }
    this.#unconfirmed++;
    this.#unconfirmedBytes += bytes;
    try {
      const key = exchange === "" ? targets[0]! : "";
      const options = { persistent: true, priority };
      this.#channel.publish(exchange, key, encodeBody(number, bytes), options, (error: Error | null) =>
        this.#answered(number, bytes, error),
      );
    } catch {
      this.#isClosed = true;
    }
    return bytes;
  }

  #answered(number: number, bytes: number, error: Error | null): void {
    this.#unconfirmed--;
    this.#unconfirmedBytes -= bytes;
    for (const { ledger } of this.#targets) {
      if (error === null) ledger.confirmed(number);
      // Anything else is what amqplib says when the channel is gone.
      else if (error.message === "message nacked") ledger.nacked(number);
    }
    this.#wake();
  }

  /** Something was answered or ended, or a moment has passed. */
  #woken(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, SLOW_PAUSE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
