import { HarnessError } from "../../errors.ts";
import type { BatchShape, Endpoint } from "../../load/protocol.ts";
import type { QueueLoad } from "../../load/queue-load.ts";
import { nowUs } from "../../measure/clock.ts";
import type { ProducerEvents, ProducerSession } from "../driver.ts";
import { FRAME, FRAME_OVERHEAD_BYTES } from "./codec.ts";
import { ConfirmTracker } from "./confirms.ts";
import { ACK_KEY, AmqpConnection, NACK_KEY } from "./connection.ts";
import { type Address, MessageRing } from "./message-ring.ts";

/** What may wait in user space for the kernel; see the kafka driver. */
const QUEUE_BYTES = 2 * 1024 * 1024;
/** basic.ack and basic.nack: class, method, tag and an octet of flags. */
const CONFIRM_FRAME_BYTES = FRAME_OVERHEAD_BYTES + 13;
const UINT32 = 2 ** 32;

/** What a refusal (basic.nack) is called in the publisher's errors. */
export const REFUSED = "NACK";

export interface PublishOptions {
  readonly endpoint: Endpoint;
  readonly load: QueueLoad;
  readonly address: Address;
  readonly runId: number;
  readonly producer: number;
  readonly seed: number;
}

/** One publisher on a confirm channel of its own. */
export class AmqpPublishSession implements ProducerSession {
  readonly batch: BatchShape;
  readonly #connection: AmqpConnection;
  readonly #options: PublishOptions;
  readonly #ring: MessageRing;
  readonly #confirms: ConfirmTracker;
  #runStart = -1;
  #runEnd = -1;
  #blockedSinceUs: number | null = null;
  #blockedUs = 0;

  private constructor(
    connection: AmqpConnection,
    ring: MessageRing,
    options: PublishOptions,
    events: ProducerEvents,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#ring = ring;
    this.batch = shapeOf(ring, options.load.payloadBytes);
    this.#confirms = new ConfirmTracker(options.load.confirmWindow, {
      answered: (first, count, refused) => events.answered(first, count, refused ? REFUSED : null),
    });
    connection.take = (bytes, view, at, end) => this.#takeConfirms(bytes, view, at, end);
    connection.onRead = () => this.#confirms.flush();
    connection.onClose = (reason) => events.closed(reason);
    connection.onMethod = (name) => {
      if (name === "connection.blocked") this.#blockedSinceUs ??= nowUs();
      if (name !== "connection.unblocked") return;
      this.#blockedUs = this.blockedUs();
      this.#blockedSinceUs = null;
      events.writable();
    };
    connection.socket.on("drain", () => events.writable());
  }

  static async open(options: PublishOptions, events: ProducerEvents): Promise<AmqpPublishSession> {
    const { endpoint, load, address, seed } = options;
    const ring = new MessageRing(load.confirmWindow, load, address, seed);
    const connection = await AmqpConnection.open(endpoint, { writableHighWaterMark: QUEUE_BYTES });
    if (load.payloadBytes + FRAME_OVERHEAD_BYTES > connection.frameMax) {
      connection.close();
      const reason = `frames of ${connection.frameMax} B at most, and our bodies are one frame`;
      throw new HarnessError(
        "DRIVER_PROTOCOL",
        `the broker takes ${reason}: ${load.payloadBytes} B is too much`,
      );
    }
    await connection.call("confirm.select", "confirm.select-ok", {});
    return new AmqpPublishSession(connection, ring, options, events);
  }

  ready(): boolean {
    const { socket } = this.#connection;
    return (
      !socket.writableNeedDrain &&
      !socket.destroyed &&
      this.#blockedSinceUs === null &&
      this.#confirms.hasRoom()
    );
  }

  send(sequence: number, intendedUs: number, sentUs: number): void {
    const { runId, producer } = this.#options;
    const at = this.#ring.stamp(runId, producer, sequence, intendedUs, sentUs);
    this.#confirms.published();
    // Neighbouring messages become one write; the ring begins again at its start.
    if (this.#runStart >= 0 && this.#runEnd !== at) this.flush();
    if (this.#runStart < 0) this.#runStart = at;
    this.#runEnd = at + this.#ring.messageBytes;
  }

  flush(): void {
    if (this.#runStart < 0) return;
    this.#connection.socket.write(this.#ring.bytes.subarray(this.#runStart, this.#runEnd));
    this.#runStart = -1;
  }

  queuedBytes(): number {
    return this.#connection.socket.writableLength;
  }

  /** For how long the broker has told this connection to wait (connection.blocked). */
  blockedUs(): number {
    return this.#blockedUs + (this.#blockedSinceUs === null ? 0 : nowUs() - this.#blockedSinceUs);
  }

  close(): void {
    this.#connection.close();
  }

  #takeConfirms(bytes: Buffer, view: DataView, from: number, end: number): number {
    let at = from;
    while (end - at >= CONFIRM_FRAME_BYTES && bytes[at] === FRAME.method) {
      const key = view.getUint32(at + 7);
      if (key !== ACK_KEY && key !== NACK_KEY) break;
      const tag = view.getUint32(at + 11) * UINT32 + view.getUint32(at + 15);
      this.#confirms.answer(tag, (bytes[at + 19]! & 1) === 1, key === NACK_KEY);
      at += CONFIRM_FRAME_BYTES;
    }
    return at;
  }
}

export function shapeOf(ring: Pick<MessageRing, "messageBytes">, payloadBytes: number): BatchShape {
  return { records: 1, encodedBytes: ring.messageBytes, payloadBytes, compressionRatio: 1 };
}
