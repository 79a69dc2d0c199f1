/**
 * Publishes through kafkajs, the library people use: its connections, encoding and compression, our messages. One
 * batch is one `send`, which kafkajs makes one record batch of. It compresses with gzip only (other codecs are
 * plug-ins). Concurrent sends of one producer overtake each other inside the library, so each waits for the one
 * before, as a user who cares for order must; `maxInFlight` does not apply.
 */
import kafkajs, { type CompressionTypes, type Message, type Producer } from "kafkajs";
import { HarnessError } from "../../errors.ts";
import { payloadState, writeStamp } from "../../integrity/message.ts";
import type { BatchShape, PrepareLogLoad } from "../../load/protocol.ts";
import type { Acks, Codec } from "../../scenario/plan.ts";
import type { PreparedProducers, ProducerEvents, ProducerSession } from "../driver.ts";
import { address, CLIENT_ID } from "../kafka/connection.ts";
import { templatesOf } from "../kafka/index.ts";
import { messageValues } from "../kafka/record-source.ts";
import { POOL_SIZE } from "../kafka/template.ts";

// CommonJS: only some of its exports are seen as names.
const { Kafka, KafkaJSProtocolError, logLevel } = kafkajs;

const COMPRESSION: Readonly<Partial<Record<Codec, CompressionTypes>>> = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
};
const ACKS: Readonly<Record<Acks, number>> = { 0: 0, 1: 1, all: -1 };

/** One batch's messages: the first to be copied and stamped, the others as they are. */
interface PreparedBatch {
  readonly first: Buffer;
  readonly firstState: number;
  readonly others: readonly Message[];
}

/** Throws USAGE for a codec that kafkajs does not bring. */
export async function prepareKafkajsProducers(load: PrepareLogLoad): Promise<PreparedProducers> {
  const { parameters, seed } = load;
  const compression = COMPRESSION[parameters.codec];
  if (compression === undefined) {
    throw new HarnessError("USAGE", `kafkajs has no codec ${parameters.codec} built in`, {
      hint: "use codec none or gzip, or driver kafka",
    });
  }
  const { shape } = templatesOf(load);
  const batches = Array.from({ length: POOL_SIZE }, (_, id) =>
    prepareBatch(messageValues(parameters, seed, id, shape.records)),
  );
  return {
    batch: shape,
    open: async (producer, events) => {
      const session = new KafkajsSession(load, producer, compression, shape, batches, events);
      await session.connect();
      return session;
    },
  };
}

function prepareBatch([first, ...others]: readonly Buffer[]): PreparedBatch {
  const view = new DataView(first!.buffer, first!.byteOffset, first!.length);
  return {
    first: first!,
    firstState: payloadState(view, 0, first!.length),
    others: others.map((value) => ({ key: null, value })),
  };
}

class KafkajsSession implements ProducerSession {
  readonly batch: BatchShape;
  readonly #load: PrepareLogLoad;
  readonly #id: number;
  readonly #compression: CompressionTypes;
  readonly #batches: readonly PreparedBatch[];
  readonly #events: ProducerEvents;
  readonly #producer: Producer;
  #inFlight = 0;

  constructor(
    load: PrepareLogLoad,
    id: number,
    compression: CompressionTypes,
    shape: BatchShape,
    batches: readonly PreparedBatch[],
    events: ProducerEvents,
  ) {
    const { idempotent, partitions } = load.parameters;
    this.#load = load;
    this.#id = id;
    this.#compression = compression;
    this.batch = shape;
    this.#batches = batches;
    this.#events = events;
    const kafka = new Kafka({
      clientId: CLIENT_ID,
      brokers: [address(load.endpoint)],
      logLevel: logLevel.NOTHING,
    });
    this.#producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: () => () => id % partitions,
      idempotent,
      maxInFlightRequests: 1,
      // Without idempotence a retry may write twice, and that would be ours, not the broker's.
      ...(idempotent ? {} : { retry: { retries: 0 } }),
    });
  }

  /** Throws TARGET_UNREACHABLE. */
  async connect(): Promise<void> {
    try {
      await this.#producer.connect();
    } catch (cause) {
      throw new HarnessError("TARGET_UNREACHABLE", `kafkajs: ${errorText(cause)}`, { cause });
    }
  }

  ready(): boolean {
    return this.#inFlight === 0;
  }

  send(sequence: number, intendedUs: number, sentUs: number): void {
    const { topic, runId, parameters } = this.#load;
    const { first, firstState, others } = this.#batches[sequence % this.#batches.length]!;
    // kafkajs encodes later, so the stamped message must be a copy.
    const value = Buffer.from(first);
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    writeStamp(view, 0, firstState, runId, this.#id, sequence, intendedUs, sentUs);
    this.#inFlight++;
    this.#producer
      .send({
        topic,
        acks: ACKS[parameters.acks],
        compression: this.#compression,
        messages: [{ key: null, value }, ...others],
      })
      .then(
        () => this.#answered(sequence, null),
        (error: unknown) => this.#answered(sequence, errorText(error)),
      );
  }

  flush(): void {}

  queuedBytes(): number {
    return this.#load.parameters.acks === 0 ? this.#inFlight * this.batch.encodedBytes : 0;
  }

  blockedUs(): number {
    return 0;
  }

  close(): void {
    void this.#producer.disconnect();
  }

  #answered(sequence: number, error: string | null): void {
    this.#inFlight--;
    if (this.#load.parameters.acks === 0) this.#events.writable();
    else this.#events.answered(sequence, 1, error);
  }
}

function errorText(error: unknown): string {
  if (error instanceof KafkaJSProtocolError) return error.type;
  return error instanceof Error ? error.name : String(error);
}
