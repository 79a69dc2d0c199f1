/**
 * The content that follows a publish: one header frame, then body frames until the announced size is there. Memory grows
 * with what has arrived, not with what was announced.
 */
import { type PropertyFacts, PublishedMessage, readPropertyFacts } from "../../mechanisms/message.ts";
import type { MethodFields } from "./methods/table.ts";
import { AmqpError } from "./reply-codes.ts";
import type { AmqpEnvironment } from "./session.ts";

type Publish = MethodFields["basic.publish"];

const BASIC_CLASS_ID = 60;
/** Class, weight, body size; property flags and properties follow. */
const HEADER_BYTES = 12;
const WEIGHT_AT = 2;
const BODY_SIZE_AT = 4;
const TWO_POW_32 = 2 ** 32;
const EMPTY = Buffer.alloc(0);
/** Longer properties or publish methods are rarely like the ones before. */
const COMPARE_BYTES = 256;

/** Smaller bodies stay where they were read: whoever keeps the message copies them. */
const LENT_BELOW_BYTES = 4096;

const METHOD = 0;
const HEADER = 1;
const BODY = 2;

export class ContentAssembly {
  readonly #environment: AmqpEnvironment;
  #expected = METHOD;
  /** The last publish as it came: most are like the one before, and are not decoded again. */
  #publishBytes: Buffer = EMPTY;
  #publish: Publish | null = null;
  /** Of the last message: those of the next are often the same, and the same buffer then. */
  #properties: Buffer = EMPTY;
  /** Of those; null: not read yet. */
  #facts: PropertyFacts | null = null;
  #bodySize = 0;
  #body: Buffer = EMPTY;
  /** The body stands there in `#body`, which is not ours; -1: it is all of it. */
  #lentStart = -1;
  #lentEnd = -1;
  #received = 0;
  /** Of the budget, for a body that came in several frames. */
  #takenBytes = 0;

  constructor(environment: AmqpEnvironment) {
    this.#environment = environment;
  }

  /** The publish that is complete. */
  get publish(): Publish {
    return this.#publish!;
  }

  /** The method frame is the same publish as the last; its content is expected now. */
  repeatsPublish(bytes: Buffer, start: number, end: number): boolean {
    if (this.#expected !== METHOD || this.#publish === null) return false;
    if (!isSame(this.#publishBytes, bytes, start, end)) return false;
    this.#expected = HEADER;
    return true;
  }

  /** Throws UNEXPECTED_FRAME when a content is not complete. */
  expectMethod(): void {
    if (this.#expected === HEADER) throw unexpected("header", "method");
    if (this.#expected === BODY) throw unexpected("body", "method");
  }

  /** A publish has been decoded from these bytes; its content is expected now. */
  begin(publish: Publish, bytes: Buffer, start: number, end: number): void {
    this.#publish = publish;
    this.#publishBytes = end - start <= COMPARE_BYTES ? Buffer.from(bytes.subarray(start, end)) : EMPTY;
    this.#expected = HEADER;
  }

  /** True: the content is complete. Throws where RabbitMQ closes the channel or the connection. */
  header(bytes: Buffer, start: number, end: number): boolean {
    if (this.#expected === METHOD) throw unexpectedContent();
    if (this.#expected === BODY) throw unexpected("body", "header");
    if (end - start < HEADER_BYTES) throw new AmqpError("FRAME_ERROR", "content header is cut short");
    const classId = bytes.readUInt16BE(start);
    if (classId !== BASIC_CLASS_ID) {
      throw new AmqpError(
        "UNEXPECTED_FRAME",
        `expected content header for class ${BASIC_CLASS_ID}, got one for class ${classId} instead`,
      );
    }
    if (bytes.readUInt16BE(start + WEIGHT_AT) !== 0) {
      throw new AmqpError("FRAME_ERROR", "content header with a weight");
    }
    this.#begin(bytes, start);
    this.#keepProperties(bytes, start + HEADER_BYTES, end);
    return this.#bodySize === 0;
  }

  #begin(bytes: Buffer, start: number): void {
    const size =
      bytes.readUInt32BE(start + BODY_SIZE_AT) * TWO_POW_32 + bytes.readUInt32BE(start + BODY_SIZE_AT + 4);
    const { maxMessageBytes } = this.#environment;
    if (size > maxMessageBytes) {
      const text = `message size ${size} is larger than configured max size ${maxMessageBytes}`;
      throw new AmqpError("PRECONDITION_FAILED", text);
    }
    this.#bodySize = size;
    this.#received = 0;
    this.#body = EMPTY;
    this.#expected = BODY;
  }

  #keepProperties(bytes: Buffer, start: number, end: number): void {
    if (isSame(this.#properties, bytes, start, end)) return;
    this.#properties = copyOf(bytes, start, end);
    this.#facts = null;
  }

  /** True: the content is complete. */
  body(bytes: Buffer, start: number, end: number): boolean {
    if (this.#expected === METHOD) throw unexpectedContent();
    if (this.#expected === HEADER) throw unexpected("header", "body");
    const count = end - start;
    const received = this.#received + count;
    if (received > this.#bodySize) {
      throw new AmqpError("UNEXPECTED_FRAME", `content body of more than ${this.#bodySize} octets`);
    }
    if (count === this.#bodySize) this.#takeWhole(bytes, start, end);
    else this.#append(bytes, start, end);
    this.#received = received;
    return received === this.#bodySize;
  }

  #takeWhole(bytes: Buffer, start: number, end: number): void {
    if (end - start >= LENT_BELOW_BYTES) {
      this.#body = copyOf(bytes, start, end);
      return;
    }
    this.#body = bytes;
    this.#lentStart = start;
    this.#lentEnd = end;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const needed = this.#received + end - start;
    if (needed > this.#body.length) {
      const capacity = Math.min(this.#bodySize, Math.max(needed, this.#body.length * 2));
      this.#environment.contentBudget.take(capacity - this.#takenBytes);
      this.#takenBytes = capacity;
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.#body.copy(grown, 0, 0, this.#received);
      this.#body = grown;
    }
    bytes.copy(this.#body, this.#received, start, end);
  }

  /** The message of the complete content, to be given back when it is published. Throws FieldSyntaxError for malformed properties. */
  finish(): PublishedMessage {
    const body = this.#body;
    const lentStart = this.#lentStart;
    const lentEnd = this.#lentEnd;
    this.abandon();
    this.#facts ??= readPropertyFacts(this.#properties);
    const { exchange, routingKey } = this.#publish!;
    return new PublishedMessage(
      exchange,
      routingKey,
      this.#properties,
      body,
      this.#facts,
      lentStart,
      lentEnd,
    );
  }

  /** What has arrived is forgotten. */
  abandon(): void {
    this.#expected = METHOD;
    this.#body = EMPTY;
    this.#lentStart = this.#lentEnd = -1;
    if (this.#takenBytes === 0) return;
    this.#environment.contentBudget.release(this.#takenBytes);
    this.#takenBytes = 0;
  }
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start || length === 0 || length > COMPARE_BYTES) return false;
  for (let i = length - 1; i >= 0; i--) if (known[i] !== bytes[start + i]) return false;
  return true;
}

/** With memory that nothing else is read into. */
function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}

function unexpected(expected: "header" | "body", found: "method" | "header" | "body"): AmqpError {
  const text =
    expected === "header"
      ? `expected content header for class ${BASIC_CLASS_ID}, got non content header frame instead`
      : `expected content body, got non content body frame instead`;
  return new AmqpError("UNEXPECTED_FRAME", `${text} (${found})`);
}

function unexpectedContent(): AmqpError {
  return new AmqpError("UNEXPECTED_FRAME", "expected method frame, got non method frame instead");
}
