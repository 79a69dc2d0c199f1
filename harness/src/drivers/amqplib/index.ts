/**
 * Publishes through amqplib, the library people use: its connections, encoding and confirms, our messages. Confirms
 * come by callback, one a message. What consumes is our own driver, whoever publishes.
 */
import { type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { HarnessError } from "../../errors.ts";
import { payloadState, writeStamp } from "../../integrity/message.ts";
import type { BatchShape, PrepareQueueLoad } from "../../load/protocol.ts";
import { nowUs } from "../../measure/clock.ts";
import { addressOf } from "../amqp/index.ts";
import { type Address, MessageRing, payloadPool } from "../amqp/message-ring.ts";
import { routingKey } from "../amqp/names.ts";
import { REFUSED, shapeOf } from "../amqp/publish-session.ts";
import type { PreparedProducers, ProducerEvents, ProducerSession } from "../driver.ts";

interface PreparedPayload {
  readonly bytes: Buffer;
  readonly state: number;
}

export async function prepareAmqplibProducers(prepare: PrepareQueueLoad): Promise<PreparedProducers> {
  const { parameters, seed } = prepare;
  const payloads = payloadPool(parameters, seed).map(
    (bytes): PreparedPayload => ({ bytes, state: payloadState(viewOf(bytes), 0, bytes.length) }),
  );
  // What the library puts on the wire is what we would: the same method, header and body.
  const batch = shapeOf(new MessageRing(1, parameters, addressOf(prepare, 0), seed), parameters.payloadBytes);
  return {
    batch,
    open: async (producer, events) => {
      const session = new AmqplibSession(prepare, producer, batch, payloads, events);
      await session.connect();
      return session;
    },
  };
}

class AmqplibSession implements ProducerSession {
  readonly batch: BatchShape;
  readonly #prepare: PrepareQueueLoad;
  readonly #producer: number;
  readonly #address: Address;
  readonly #payloads: readonly PreparedPayload[];
  readonly #events: ProducerEvents;
  #connection: ChannelModel | null = null;
  #channel: ConfirmChannel | null = null;
  #open = true;
  #writable = true;
  #inFlight = 0;
  #blockedSinceUs: number | null = null;
  #blockedUs = 0;

  constructor(
    prepare: PrepareQueueLoad,
    producer: number,
    batch: BatchShape,
    payloads: readonly PreparedPayload[],
    events: ProducerEvents,
  ) {
    this.#prepare = prepare;
    this.#producer = producer;
    this.#address = addressOf(prepare, producer);
    this.batch = batch;
    this.#payloads = payloads;
    this.#events = events;
  }

  /** Throws TARGET_UNREACHABLE. */
  async connect(): Promise<void> {
    const { host, port, login } = this.#prepare.endpoint;
    try {
      const connection = await connect({
        protocol: "amqp",
        hostname: host,
        port,
        username: login?.user ?? "guest",
        password: login?.password ?? "guest",
        vhost: login?.virtualHost ?? "/",
        heartbeat: 0,
      });
      this.#connection = connection;
      connection.on("error", () => undefined);
      connection.on("close", (error?: Error) => this.#ended(error?.message ?? "closed by the broker"));
      connection.on("blocked", () => {
        this.#blockedSinceUs ??= nowUs();
      });
      connection.on("unblocked", () => {
        this.#blockedUs = this.blockedUs();
        this.#blockedSinceUs = null;
        this.#events.writable();
      });
      const channel = await connection.createConfirmChannel();
      this.#channel = channel;
      channel.on("error", (error: Error) => this.#ended(error.message));
      channel.on("drain", () => {
        this.#writable = true;
        this.#events.writable();
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new HarnessError("TARGET_UNREACHABLE", `amqplib: ${reason}`, { cause });
    }
  }

  ready(): boolean {
    const { confirmWindow } = this.#prepare.parameters;
    return this.#open && this.#writable && this.#blockedSinceUs === null && this.#inFlight < confirmWindow;
  }

  send(sequence: number, intendedUs: number, sentUs: number): void {
    const { runId, parameters } = this.#prepare;
    const { bytes, state } = this.#payloads[sequence % this.#payloads.length]!;
    // amqplib keeps what it is given until it is written, so the stamped message must be a copy.
    const content = Buffer.from(bytes);
    writeStamp(viewOf(content), 0, state, runId, this.#producer, sequence, intendedUs, sentUs);
    const { exchange, routingKey: fixed } = this.#address;
    const key = fixed === "" ? routingKey(sequence % parameters.topics) : fixed;
    this.#inFlight++;
    const options = { persistent: parameters.persistent };
    this.#writable = this.#channel!.publish(exchange, key, content, options, (error: unknown) => {
      this.#inFlight--;
      if (this.#open) this.#events.answered(sequence, 1, error ? REFUSED : null);
    });
  }

  flush(): void {}

  queuedBytes(): number {
    return 0;
  }

  blockedUs(): number {
    return this.#blockedUs + (this.#blockedSinceUs === null ? 0 : nowUs() - this.#blockedSinceUs);
  }

  close(): void {
    this.#open = false;
    this.#connection?.close().catch(() => undefined);
  }

  #ended(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#events.closed(reason);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
