import type { Message } from "../../../mechanisms/message.ts";
import { record, type RecordBuffer } from "./record.ts";

/**
 * Makes a message of its stored parts. `properties` are its own. The body is what stands in `bytes` from `start` to `end`, lent
 * until the memory is used again; all of `bytes`, and the message's own, when `start` is negative.
 */
export type DecodeMessage = (
  exchange: string,
  routingKey: string,
  properties: Buffer,
  bytes: Buffer,
  start: number,
  end: number,
) => Message;

const NONE = Buffer.alloc(0);
/** Longer ones are rarely like the ones before. */
const COMPARE_BYTES = 256;

/** Messages of one queue are much alike: names and properties that are those of the message before are not made again. */
export class RecordDecoder {
  readonly #decodeMessage: DecodeMessage;
  #exchangeBytes: Buffer = NONE;
  #exchange = "";
  #routingKeyBytes: Buffer = NONE;
  #routingKey = "";
  #properties: Buffer = NONE;

  constructor(decodeMessage: DecodeMessage) {
    this.#decodeMessage = decodeMessage;
  }

  /** The message of an intact record. `sharedBody`: the body when it is not in the record. */
  decode(source: RecordBuffer, at: number, sharedBody: Buffer | null): Message {
    const { bytes } = source;
    const exchangeAt = record.exchangeAt(at);
    const routingKeyAt = record.routingKeyAt(source, at);
    const propertiesAt = record.propertiesAt(source, at);
    const bodyAt = record.bodyAt(source, at);
    if (!isSame(this.#exchangeBytes, bytes, exchangeAt, routingKeyAt)) {
      this.#exchangeBytes = copyOf(bytes, exchangeAt, routingKeyAt);
      this.#exchange = this.#exchangeBytes.toString("utf8");
    }
    if (!isSame(this.#routingKeyBytes, bytes, routingKeyAt, propertiesAt)) {
      this.#routingKeyBytes = copyOf(bytes, routingKeyAt, propertiesAt);
      this.#routingKey = this.#routingKeyBytes.toString("utf8");
    }
    if (!isSame(this.#properties, bytes, propertiesAt, bodyAt)) {
      this.#properties = copyOf(bytes, propertiesAt, bodyAt);
    }
    const make = this.#decodeMessage;
    if (sharedBody !== null) {
      return make(this.#exchange, this.#routingKey, this.#properties, sharedBody, -1, -1);
    }
    const end = at + record.sizeBytes(source, at);
    return make(this.#exchange, this.#routingKey, this.#properties, bytes, bodyAt, end);
  }
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start || length > COMPARE_BYTES) return false;
  for (let i = length - 1; i >= 0; i--) if (known[i] !== bytes[start + i]) return false;
  return true;
}

function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  return Buffer.from(bytes.subarray(start, end));
}
