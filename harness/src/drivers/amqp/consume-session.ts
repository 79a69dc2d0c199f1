import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";
import { nowUs } from "../../measure/clock.ts";
import { encodeMethod, FRAME, FRAME_END, FRAME_HEAD_BYTES, FRAME_OVERHEAD_BYTES } from "./codec.ts";
import { AmqpConnection, CHANNEL, DELIVER_KEY } from "./connection.ts";

const UINT32 = 2 ** 32;
/** In basic.ack: the delivery tag, then the octet with `multiple`. */
const ACK_TAG_OFFSET = FRAME_HEAD_BYTES + 4;
const ACK_FRAME = encodeMethod("basic.ack", CHANNEL, { multiple: true });
const ACKS_AT_ONCE = 1024;

export interface ConsumeOptions {
  readonly endpoint: Endpoint;
  readonly queue: string;
  /** 0: without acks and without limit. */
  readonly prefetch: number;
  readonly ackEvery: number;
}

export interface DeliveryHandler {
  /** A message's body in bytes [at, at + size) of `view`, which are overwritten after the call. */
  message(view: DataView, at: number, size: number, arrivedUs: number): void;
  /** After the messages of one read of the socket. */
  readEnded(): void;
  /** No more will come: the broker ended the connection, the channel or the consumer. */
  ended(reason: string): void;
}

/**
 * One consumer on a connection of its own. A delivery is taken whole, method, header and body, from the bytes that
 * arrived; nothing is decoded but the delivery tag, and nothing allocated.
 */
export class AmqpConsumeSession {
  readonly #connection: AmqpConnection;
  readonly #options: ConsumeOptions;
  readonly #handler: DeliveryHandler;
  readonly #acks = Buffer.allocUnsafeSlow(ACK_FRAME.length * ACKS_AT_ONCE);
  #ackBytes = 0;
  #lastTag = 0;
  #ackedTag = 0;
  #arrivedUs = 0;

  private constructor(connection: AmqpConnection, options: ConsumeOptions, handler: DeliveryHandler) {
    this.#connection = connection;
    this.#options = options;
    this.#handler = handler;
    connection.take = (bytes, view, at, end) => this.#takeDeliveries(bytes, view, at, end);
    connection.onRead = () => {
      this.#arrivedUs = 0;
      this.#writeAcks();
      handler.readEnded();
    };
    connection.onMethod = (name) => {
      if (name === "basic.cancel") handler.ended("the broker cancelled the consumer");
    };
    connection.onClose = (reason) => handler.ended(reason);
  }

  static async open(options: ConsumeOptions, handler: DeliveryHandler): Promise<AmqpConsumeSession> {
    return new AmqpConsumeSession(await AmqpConnection.open(options.endpoint), options, handler);
  }

  async consume(): Promise<void> {
    const { queue, prefetch } = this.#options;
    if (prefetch > 0) await this.#connection.call("basic.qos", "basic.qos-ok", { prefetchCount: prefetch });
    const noAck = prefetch === 0;
    await this.#connection.call("basic.consume", "basic.consume-ok", { queue, consumerTag: "c", noAck });
  }

  /** Stops reading the socket, so that the kernel's buffers fill and then the broker must wait. */
  pause(): void {
    this.#connection.socket.pause();
  }

  resume(): void {
    this.#connection.socket.resume();
  }

  /** Acknowledges what is left and waits until the broker has seen every ack: it answers in order. */
  async settle(): Promise<void> {
    if (this.#options.prefetch === 0) return;
    if (this.#lastTag > this.#ackedTag) this.#ack(this.#lastTag, true);
    this.#writeAcks();
    await this.#connection.call("queue.declare", "queue.declare-ok", {
      queue: this.#options.queue,
      passive: true,
    });
  }

  close(): void {
    this.#connection.close();
  }

  #takeDeliveries(bytes: Buffer, view: DataView, from: number, end: number): number {
    let at = from;
    while (at + FRAME_HEAD_BYTES + 5 <= end) {
      if (bytes[at] !== FRAME.method || view.getUint32(at + FRAME_HEAD_BYTES) !== DELIVER_KEY) break;
      const header = at + FRAME_OVERHEAD_BYTES + view.getUint32(at + 3);
      if (header + FRAME_HEAD_BYTES > end) break;
      const body = header + FRAME_OVERHEAD_BYTES + view.getUint32(header + 3);
      if (body + FRAME_HEAD_BYTES > end) break;
      const size = view.getUint32(body + 3);
      const next = body + FRAME_OVERHEAD_BYTES + size;
      if (next > end) break;
      const whole =
        bytes[header] === FRAME.header &&
        bytes[body] === FRAME.body &&
        bytes[next - 1] === FRAME_END &&
        view.getUint32(header + FRAME_HEAD_BYTES + 8) === size;
      if (!whole) throw notOneBody();
      if (this.#arrivedUs === 0) this.#arrivedUs = nowUs();
      this.#handler.message(view, body + FRAME_HEAD_BYTES, size, this.#arrivedUs);
      if (this.#options.ackEvery > 0) this.#delivered(bytes, view, at);
      at = next;
    }
    return at;
  }

  #delivered(bytes: Buffer, view: DataView, at: number): void {
    const consumerTagAt = at + FRAME_HEAD_BYTES + 4;
    const tagAt = consumerTagAt + 1 + bytes[consumerTagAt]!;
    const tag = view.getUint32(tagAt) * UINT32 + view.getUint32(tagAt + 4);
    this.#lastTag = tag;
    const { ackEvery } = this.#options;
    if (tag - this.#ackedTag >= ackEvery) this.#ack(tag, ackEvery > 1);
  }

  #ack(tag: number, multiple: boolean): void {
    if (this.#ackBytes === this.#acks.length) this.#writeAcks();
    const at = this.#ackBytes;
    ACK_FRAME.copy(this.#acks, at);
    this.#acks.writeUInt32BE(Math.floor(tag / UINT32), at + ACK_TAG_OFFSET);
    this.#acks.writeUInt32BE(tag % UINT32, at + ACK_TAG_OFFSET + 4);
    this.#acks[at + ACK_TAG_OFFSET + 8] = multiple ? 1 : 0;
    this.#ackBytes += ACK_FRAME.length;
    this.#ackedTag = tag;
  }

  /** A copy, because the socket may hold on to what it is given. */
  #writeAcks(): void {
    if (this.#ackBytes === 0) return;
    this.#connection.socket.write(Buffer.from(this.#acks.subarray(0, this.#ackBytes)));
    this.#ackBytes = 0;
  }
}

function notOneBody(): HarnessError {
  return new HarnessError(
    "DRIVER_PROTOCOL",
    "a delivery is not method, header and one body frame of the announced size",
  );
}
