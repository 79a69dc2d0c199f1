import { HEAD_BYTES, payloadState, sealMessage, writeStamp } from "../../integrity/message.ts";
import { PAYLOAD_FILLS } from "../../load/payload.ts";
import type { QueueLoad } from "../../load/queue-load.ts";
import { seededRandom } from "../../load/random.ts";
import { encodeFrame, encodeMethod, FRAME, FRAME_HEAD_BYTES } from "./codec.ts";
import { CHANNEL } from "./connection.ts";
import { ROUTING_KEY_BYTES, routingKey } from "./names.ts";

/** So many payloads of different content take turns. */
const POOL_SIZE = 8;

const BASIC_CLASS = 60;
/** Property flags and values (section 4.2.6.1): a persistent message says so, a transient one says nothing. */
const DELIVERY_MODE_FLAG = 0x1000;
const PERSISTENT = 2;
const EXPIRATION_FLAG = 0x0100;
/** Milliseconds in text, always so many digits, so that they can be overwritten. */
const EXPIRATION_DIGITS = 10;

export type MessageShape = Pick<
  QueueLoad,
  "payloadBytes" | "payloadKind" | "persistent" | "topics" | "deadlines"
>;

export type PayloadShape = Pick<MessageShape, "payloadBytes" | "payloadKind">;

export interface Address {
  readonly exchange: string;
  /** Empty where the key changes with the topic. */
  readonly routingKey: string;
}

/** Payload `id` of a load as it is before its stamp. */
function payloadOf(shape: PayloadShape, seed: number, id: number): Buffer {
  const payload = Buffer.alloc(shape.payloadBytes);
  PAYLOAD_FILLS[shape.payloadKind](payload.subarray(HEAD_BYTES), seededRandom(seed + id));
  sealMessage(viewOf(payload), 0, payload.length, { template: id, index: 0 });
  return payload;
}

export function payloadPool(shape: PayloadShape, seed: number): readonly Buffer[] {
  return Array.from({ length: POOL_SIZE }, (_, id) => payloadOf(shape, seed, id));
}

/**
 * A publisher's messages, each as the frames basic.publish, content header and content body, encoded once and stamped in
 * place on sending. Message n lies in slot n modulo the size; the owner uses a slot again when its message is answered.
 */
export class MessageRing {
  readonly bytes: Buffer;
  /** Of one message, all three frames. */
  readonly messageBytes: number;
  readonly #view: DataView;
  readonly #slots: number;
  readonly #topics: number;
  readonly #keyOffset: number;
  readonly #valueOffset: number;
  /** Of the digits of the expiration property; 0: messages carry none. */
  readonly #expirationOffset: number;
  readonly #states: readonly number[];

  constructor(slots: number, shape: MessageShape, address: Address, seed: number) {
    const { topics, persistent, deadlines } = shape;
    const expires = deadlines !== undefined && deadlines.due !== "queue-ttl";
    const payloads = payloadPool(shape, seed);
    const key = address.routingKey === "" ? routingKey(0) : address.routingKey;
    const method = encodeMethod("basic.publish", CHANNEL, { exchange: address.exchange, routingKey: key });
    const header = encodeFrame(FRAME.header, CHANNEL, contentHeader(shape.payloadBytes, persistent, expires));
    const messages = payloads.map((payload) =>
      Buffer.concat([method, header, encodeFrame(FRAME.body, CHANNEL, payload)]),
    );
    this.messageBytes = messages[0]!.length;
    this.bytes = Buffer.allocUnsafeSlow(this.messageBytes * slots);
    for (let slot = 0; slot < slots; slot++) {
      messages[slot % POOL_SIZE]!.copy(this.bytes, slot * this.messageBytes);
    }
    this.#view = viewOf(this.bytes);
    this.#slots = slots;
    this.#topics = address.routingKey === "" ? topics : 1;
    // The last fields of the method's arguments are the key and an octet of flags.
    this.#keyOffset = method.length - 2 - ROUTING_KEY_BYTES;
    this.#valueOffset = method.length + header.length + FRAME_HEAD_BYTES;
    // The last property, before the frame's end.
    this.#expirationOffset = expires ? method.length + header.length - 1 - EXPIRATION_DIGITS : 0;
    this.#states = payloads.map((payload) => payloadState(viewOf(payload), 0, payload.length));
  }

  /** Returns where the message begins in `bytes`. */
  stamp(runId: number, producer: number, sequence: number, intendedUs: number, sentUs: number): number {
    const slot = sequence % this.#slots;
    const at = slot * this.messageBytes;
    const state = this.#states[slot % POOL_SIZE]!;
    writeStamp(this.#view, at + this.#valueOffset, state, runId, producer, sequence, intendedUs, sentUs);
    if (this.#topics > 1) this.#writeKey(at + this.#keyOffset, sequence % this.#topics);
    if (this.#expirationOffset > 0) this.#writeExpiration(at + this.#expirationOffset, intendedUs - sentUs);
    return at;
  }

  /** Rounded up: a message may live a millisecond too long, never too short. */
  #writeExpiration(at: number, remainingUs: number): void {
    let left = Math.max(0, Math.ceil(remainingUs / 1e3));
    for (let digit = at + EXPIRATION_DIGITS - 1; digit >= at; digit--) {
      this.bytes[digit] = 48 + (left % 10);
      left = Math.floor(left / 10);
    }
  }

  /** The digits of `routingKey`. */
  #writeKey(at: number, topic: number): void {
    const { bytes } = this;
    bytes[at + 1] = 48 + Math.floor(topic / 100);
    bytes[at + 2] = 48 + (Math.floor(topic / 10) % 10);
    bytes[at + 3] = 48 + (topic % 10);
  }
}

function contentHeader(bodyBytes: number, persistent: boolean, expires: boolean): Buffer {
  const header = Buffer.alloc(14 + (persistent ? 1 : 0) + (expires ? 1 + EXPIRATION_DIGITS : 0), "0");
  header.fill(0, 0, 14);
  header.writeUInt16BE(BASIC_CLASS, 0);
  header.writeUInt32BE(bodyBytes, 8);
  header.writeUInt16BE((persistent ? DELIVERY_MODE_FLAG : 0) | (expires ? EXPIRATION_FLAG : 0), 12);
  let at = 14;
  if (persistent) at = header.writeUInt8(PERSISTENT, at);
  if (expires) header.writeUInt8(EXPIRATION_DIGITS, at);
  return header;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
