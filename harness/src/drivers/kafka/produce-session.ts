import type { BatchShape, Endpoint } from "../../load/protocol.ts";
import type { Acks } from "../../scenario/plan.ts";
import type { ProducerEvents, ProducerSession } from "../driver.ts";
import { produce } from "./apis.ts";
import { Connection, decodeResponse, encodeRequest } from "./connection.ts";
import { errorName } from "./error-codes.ts";
import { type Arena, createArena, type ProducerIdentity, stampBatch, writeIdentity } from "./stamper.ts";
import type { BatchTemplate, TemplatePool } from "./template.ts";

/**
 * Requests up to this size lie whole in memory of their own, template tail included, so that stamping is all a send
 * takes and neighbours leave in one write. Above it the shared tail is written from where it is.
 */
const MAX_WHOLE_REQUEST_BYTES = 16 * 1024;

/**
 * What may wait in user space for the kernel: enough to fill its buffer at once, little enough that the send time is
 * true and that a load which ends has ended.
 */
const QUEUE_BYTES = 2 * 1024 * 1024;
const MAX_RUN_BYTES = 64 * 1024;
const SPARE_SLOTS = 64;
/** A write ends where the ring does, so a short ring of small requests would cost a system call at each of its ends. */
const MIN_WHOLE_SLOTS = 128;

const ACKS_ON_WIRE: Readonly<Record<Acks, number>> = { 0: 0, 1: 1, all: -1 };
const PRODUCE_TIMEOUT_MS = 30_000;
const CORRELATION_OFFSET = 8;

export interface ProduceOptions {
  readonly endpoint: Endpoint;
  readonly topic: string;
  readonly partition: number;
  readonly acks: Acks;
  readonly maxInFlight: number;
  readonly pool: TemplatePool;
  readonly identity: ProducerIdentity;
  /** Wall clock minus monotonic clock, ms. */
  readonly wallOffsetMs: number;
}

interface Slot {
  readonly template: BatchTemplate;
  /** In the arena: where the request starts, its batch, and what follows its prefix. */
  readonly at: number;
  readonly batchAt: number;
  readonly trailerAt: number;
  readonly end: number;
  /** Up to the end of the batch's prefix, and the gzip trailer. */
  readonly front: Buffer;
  readonly trailer: Buffer;
}

/** Pipelined Produce requests of one batch each, stamped in place in a ring of prepared requests. */
export class KafkaProduceSession implements ProducerSession {
  readonly batch: BatchShape;
  readonly #connection: Connection;
  readonly #events: ProducerEvents;
  readonly #options: ProduceOptions;
  readonly #arena: Arena;
  readonly #slots: readonly Slot[];
  readonly #whole: boolean;
  readonly #responseBytes: number;
  #inFlight = 0;
  #answered = 0;
  /** Accepted batches that came with one read are told together, as the one moment at which they were seen. */
  #accepted = 0;
  #runStart = -1;
  #runEnd = -1;

  private constructor(connection: Connection, options: ProduceOptions, events: ProducerEvents) {
    this.#connection = connection;
    this.#options = options;
    this.#events = events;
    this.batch = options.pool.shape;
    const ring = prepareRing(options);
    this.#arena = ring.arena;
    this.#slots = ring.slots;
    this.#whole = ring.whole;
    this.#responseBytes = 4 + 4 + 2 + Buffer.byteLength(options.topic) + 4 + 30 + 4;
    connection.onFrame = (buffer, start, end) => this.#onAnswer(buffer, start, end);
    connection.onFramesHandled = () => this.#tellAccepted();
    connection.onClose = (reason) => {
      this.#tellAccepted();
      events.closed(reason);
    };
    connection.socket.on("drain", () => events.writable());
  }

  static async open(options: ProduceOptions, events: ProducerEvents): Promise<KafkaProduceSession> {
    const connection = await Connection.open(options.endpoint, QUEUE_BYTES);
    return new KafkaProduceSession(connection, options, events);
  }

  ready(): boolean {
    const { acks, maxInFlight } = this.#options;
    const { socket } = this.#connection;
    return !socket.writableNeedDrain && !socket.destroyed && (acks === 0 || this.#inFlight < maxInFlight);
  }

  send(sequence: number, intendedUs: number, sentUs: number): void {
    const { identity, acks, wallOffsetMs } = this.#options;
    const slot = this.#slots[sequence % this.#slots.length]!;
    const { template, at, batchAt, trailerAt } = slot;
    this.#arena.view.setInt32(at + CORRELATION_OFFSET, sequence | 0);
    const intendedMs = intendedUs / 1e3 + wallOffsetMs;
    stampBatch(this.#arena, batchAt, trailerAt, template, identity, sequence, intendedUs, sentUs, intendedMs);
    if (acks !== 0) this.#inFlight++;
    if (this.#whole) this.#queueWhole(slot);
    else this.#writeParts(slot);
  }

  flush(): void {
    if (this.#runStart < 0) return;
    this.#connection.socket.write(this.#arena.bytes.subarray(this.#runStart, this.#runEnd));
    this.#runStart = -1;
  }

  queuedBytes(): number {
    return this.#connection.socket.writableLength;
  }

  blockedUs(): number {
    return 0;
  }

  close(): void {
    this.#connection.close();
  }

  /** Neighbouring requests become one write. */
  #queueWhole(slot: Slot): void {
    if (this.#runStart >= 0 && this.#runEnd !== slot.at) this.flush();
    if (this.#runStart < 0) this.#runStart = slot.at;
    this.#runEnd = slot.end;
    // With acks 0 the socket's queue is the only brake, and it must see what is sent.
    if (this.#options.acks === 0 && this.#runEnd - this.#runStart >= MAX_RUN_BYTES) this.flush();
  }

  #writeParts(slot: Slot): void {
    const { socket } = this.#connection;
    socket.cork();
    socket.write(slot.front);
    socket.write(slot.template.tail);
    if (slot.trailer.length > 0) socket.write(slot.trailer);
    socket.uncork();
  }

  #onAnswer(buffer: Buffer, start: number, end: number): void {
    const sequence = this.#answered;
    if (buffer.readInt32BE(start) !== (sequence | 0)) {
      this.#tellAccepted();
      this.#events.closed(`answer ${buffer.readInt32BE(start)} out of order, ${sequence} expected`);
      this.close();
      return;
    }
    const error = this.#errorOf(buffer, start, end, sequence);
    if (error !== null) this.#tellAccepted();
    this.#inFlight--;
    this.#answered++;
    if (error === null) this.#accepted++;
    else this.#events.answered(sequence, 1, error);
  }

  #tellAccepted(): void {
    if (this.#accepted === 0) return;
    const count = this.#accepted;
    this.#accepted = 0;
    this.#events.answered(this.#answered - count, count, null);
  }

  /** One topic and one partition were asked for, so the error code has a fixed place; else decode to explain. */
  #errorOf(buffer: Buffer, start: number, end: number, sequence: number): string | null {
    if (end - start === this.#responseBytes) {
      const code = buffer.readInt16BE(end - 4 - 24 - 2);
      return code === 0 ? null : errorName(code);
    }
    const answer = decodeResponse(produce, buffer.subarray(start, end), sequence | 0);
    const code = answer.topics[0]?.partitions[0]?.errorCode;
    return code === undefined ? "NO_ANSWER_FOR_PARTITION" : code === 0 ? null : errorName(code);
  }
}

/**
 * A slot is used again when its batch is answered, or with acks 0 when the kernel has it: there are more slots than
 * can be in flight or queued.
 */
function prepareRing(options: ProduceOptions): { arena: Arena; slots: Slot[]; whole: boolean } {
  const { templates } = options.pool;
  const lead = encodeRequestLead(options);
  const largest = Math.max(...templates.map((each) => each.encodedBytes));
  const whole = lead.length + largest <= MAX_WHOLE_REQUEST_BYTES;
  const smallest = Math.min(...templates.map((each) => each.encodedBytes));
  const queued = Math.ceil((QUEUE_BYTES + MAX_RUN_BYTES) / smallest) + SPARE_SLOTS;
  const wanted = options.acks === 0 ? queued : Math.max(options.maxInFlight, whole ? MIN_WHOLE_SLOTS : 0);
  const count = Math.ceil(wanted / templates.length) * templates.length;
  const layout = templates.map((template) => {
    const afterPrefix = whole ? template.tail.length : 0;
    return lead.length + template.prefix.length + afterPrefix + template.trailerBytes;
  });
  const arena = createArena((layout.reduce((sum, size) => sum + size, 0) * count) / templates.length);
  const slots: Slot[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const template = templates[index % templates.length]!;
    const size = layout[index % templates.length]!;
    const batchAt = at + lead.length;
    const end = at + size;
    const trailerAt = end - template.trailerBytes;
    lead.copy(arena.bytes, at);
    arena.view.setInt32(at, lead.length - 4 + template.encodedBytes);
    arena.view.setInt32(batchAt - 4, template.encodedBytes);
    template.prefix.copy(arena.bytes, batchAt);
    if (whole) template.tail.copy(arena.bytes, batchAt + template.prefix.length);
    writeIdentity(arena, batchAt, options.identity);
    const front = arena.bytes.subarray(at, batchAt + template.prefix.length);
    slots.push({
      template,
      at,
      batchAt,
      trailerAt,
      end,
      front,
      trailer: arena.bytes.subarray(trailerAt, end),
    });
    at = end;
  }
  return { arena, slots, whole };
}

/** Everything in front of the batch; sizes and correlation id are patched in. */
function encodeRequestLead(options: ProduceOptions): Buffer {
  return encodeRequest(produce, 0, {
    transactionalId: null,
    acks: ACKS_ON_WIRE[options.acks],
    timeoutMs: PRODUCE_TIMEOUT_MS,
    topics: [{ name: options.topic, partitions: [{ index: options.partition, records: Buffer.alloc(0) }] }],
  });
}
