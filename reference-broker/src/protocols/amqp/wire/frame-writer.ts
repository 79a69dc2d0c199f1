/**
 * Frames on their way out of one connection: written one behind the other into pages, and given to the socket as few large
 * chunks. Large bodies are not copied, their messages' own memory goes among the chunks.
 */
import { FieldWriter } from "../../../mechanisms/field-table-writer.ts";
import type { Message } from "../../../mechanisms/message.ts";
import { type Method, METHODS, type MethodFields, type MethodName, methodKey } from "../methods/table.ts";
import { headerFrameBytes, writeFrameHeader, writeHeaderFrame, writeLong } from "./content-frames.ts";
import { FRAME, FRAME_END, FRAME_HEADER_BYTES, FRAME_MIN_BYTES, FRAME_OVERHEAD_BYTES } from "./frame.ts";
import { returnPage, takePage } from "./output-pages.ts";
import { MAX_SHORTSTR_BYTES, writeShortString } from "./short-string.ts";

/** From here on sending a body where it lies costs less than copying it. */
const SHARED_FROM_BYTES = 32 * 1024;
const TWO_POW_32 = 2 ** 32;

/** Class and method. */
const METHOD_KEY_BYTES = 4;
/** The most that basic.deliver takes: three short strings, delivery tag, bit. */
const DELIVER_BYTES = FRAME_OVERHEAD_BYTES + METHOD_KEY_BYTES + 3 * (1 + MAX_SHORTSTR_BYTES) + 8 + 1;
const DELIVER_KEY = keyOf(METHODS["basic.deliver"]);

const NO_PAGE = Buffer.alloc(0);

/** Arguments of methods are written here first, for their size stands before them. */
const methodFields = new FieldWriter();

export class FrameWriter {
  /** frame-max as agreed: bodies are cut to it. */
  maxFrameBytes = FRAME_MIN_BYTES;
  #page: Buffer = NO_PAGE;
  /** Where the part of the page begins that is in no chunk yet. */
  #start = 0;
  #offset = 0;
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  /** Bytes that were ever taken. */
  #takenBytes = 0;
  /** Full pages that the socket may still be sending, oldest first, and where in all that was ever written each ends. */
  #fullPages: Buffer[] = [];
  #fullPageEnds: number[] = [];

  /** Written and not taken. */
  get pendingBytes(): number {
    return this.#chunkBytes + this.#offset - this.#start;
  }

  /** Everything that is pending, in order. It stays as it is until `reuse`. */
  take(): Buffer[] {
    this.#cut();
    const chunks = this.#chunks;
    this.#takenBytes += this.#chunkBytes;
    this.#chunks = [];
    this.#chunkBytes = 0;
    return chunks;
  }

  /**
   * All that was ever taken has been sent, but for the last `unsentBytes`. Without this call nothing breaks, but pages are
   * not used again.
   */
  reuse(unsentBytes = 0): void {
    if (this.#fullPages.length > 0) this.#returnSent(this.#takenBytes - unsentBytes);
    if (unsentBytes > 0 || this.pendingBytes > 0) return;
    if (this.#page !== NO_PAGE) returnPage(this.#page);
    this.#page = NO_PAGE;
    this.#start = this.#offset = 0;
  }

  #returnSent(sentBytes: number): void {
    let sent = 0;
    while (sent < this.#fullPages.length && this.#fullPageEnds[sent]! <= sentBytes) {
      returnPage(this.#fullPages[sent++]!);
    }
    if (sent === 0) return;
    this.#fullPages.splice(0, sent);
    this.#fullPageEnds.splice(0, sent);
  }

  #cut(): void {
    if (this.#offset === this.#start) return;
    this.#chunks.push(this.#page.subarray(this.#start, this.#offset));
    this.#chunkBytes += this.#offset - this.#start;
    this.#start = this.#offset;
  }

  /** Room for `bytes` in one piece; returns where it begins. What is used of it is said by `#offset`. */
  #room(bytes: number): number {
    if (this.#offset + bytes > this.#page.length) {
      this.#cut();
      if (this.#page !== NO_PAGE) {
        this.#fullPages.push(this.#page);
        this.#fullPageEnds.push(this.#takenBytes + this.#chunkBytes);
      }
      this.#page = takePage(bytes);
      this.#start = this.#offset = 0;
    }
    return this.#offset;
  }

  heartbeat(): void {
    const start = this.#room(FRAME_OVERHEAD_BYTES);
    const at = writeFrameHeader(this.#page, start, FRAME.heartbeat, 0, 0);
    this.#page[at] = FRAME_END;
    this.#offset = at + 1;
  }

  method<Name extends MethodName>(channel: number, method: Method<Name>, fields: MethodFields[Name]): void {
    methodFields.reset();
    methodFields.long(keyOf(method));
    method.encode(methodFields, fields);
    const { length } = methodFields;
    const start = this.#room(FRAME_OVERHEAD_BYTES + length);
    const at = writeFrameHeader(this.#page, start, FRAME.method, channel, length);
    methodFields.written.copy(this.#page, at);
    this.#page[at + length] = FRAME_END;
    this.#offset = at + length + 1;
  }

  /** basic.deliver with its content. `deliveryTag` below 2^53. */
  deliver(
    channel: number,
    consumerTag: string,
    deliveryTag: number,
    redelivered: boolean,
    message: Message,
  ): void {
    const { exchange, routingKey, properties, bodyBytes } = message;
    const contentBytes = headerFrameBytes(properties) + FRAME_OVERHEAD_BYTES + bodyBytes;
    // All of it in one page, if it is not much.
    const start = this.#room(DELIVER_BYTES + (contentBytes < SHARED_FROM_BYTES ? contentBytes : 0));
    const page = this.#page;
    writeLong(page, start + FRAME_HEADER_BYTES, DELIVER_KEY);
    let at = writeShortString(page, start + FRAME_HEADER_BYTES + METHOD_KEY_BYTES, consumerTag);
    const high = Math.floor(deliveryTag / TWO_POW_32);
    writeLong(page, at, high);
    writeLong(page, at + 4, deliveryTag - high * TWO_POW_32);
    page[at + 8] = redelivered ? 1 : 0;
    at = writeShortString(page, at + 9, exchange);
    at = writeShortString(page, at, routingKey);
    writeFrameHeader(page, start, FRAME.method, channel, at - start - FRAME_HEADER_BYTES);
    page[at] = FRAME_END;
    this.#offset = at + 1;
    this.content(channel, message);
  }

  /** basic.get-ok with its content; `messageCount`: ready messages that are left. */
  getOk(
    channel: number,
    deliveryTag: number,
    redelivered: boolean,
    messageCount: number,
    message: Message,
  ): void {
    const { exchange, routingKey } = message;
    const fields = { deliveryTag, redelivered, exchange, routingKey, messageCount };
    this.method(channel, METHODS["basic.get-ok"], fields);
    this.content(channel, message);
  }

  /** basic.return with its content. */
  returned(channel: number, replyCode: number, replyText: string, message: Message): void {
    const { exchange, routingKey } = message;
    this.method(channel, METHODS["basic.return"], { replyCode, replyText, exchange, routingKey });
    this.content(channel, message);
  }

  /** Content header and body frames, which follow a method that has content. */
  content(channel: number, message: Message): void {
    const { properties, bodyBytes } = message;
    const start = this.#room(headerFrameBytes(properties));
    this.#offset = writeHeaderFrame(this.#page, start, channel, properties, bodyBytes);
    const most = this.maxFrameBytes - FRAME_OVERHEAD_BYTES;
    if (bodyBytes > 0 && bodyBytes <= most && bodyBytes < SHARED_FROM_BYTES) {
      this.#wholeBody(channel, message);
      return;
    }
    for (let from = 0; from < bodyBytes; from += most) {
      this.#bodyFrame(channel, message.body, from, Math.min(bodyBytes, from + most));
    }
  }

  #wholeBody(channel: number, message: Message): void {
    const length = message.bodyBytes;
    const start = this.#room(FRAME_OVERHEAD_BYTES + length);
    const at = writeFrameHeader(this.#page, start, FRAME.body, channel, length);
    message.copyBody(this.#page, at);
    this.#page[at + length] = FRAME_END;
    this.#offset = at + length + 1;
  }

  #bodyFrame(channel: number, body: Buffer, from: number, to: number): void {
    const length = to - from;
    if (length >= SHARED_FROM_BYTES) {
      const start = this.#room(FRAME_HEADER_BYTES);
      this.#offset = writeFrameHeader(this.#page, start, FRAME.body, channel, length);
      this.#cut();
      this.#chunks.push(body.subarray(from, to));
      this.#chunkBytes += length;
      const end = this.#room(1);
      this.#page[end] = FRAME_END;
      this.#offset = end + 1;
    } else {
      const start = this.#room(FRAME_OVERHEAD_BYTES + length);
      const at = writeFrameHeader(this.#page, start, FRAME.body, channel, length);
      body.copy(this.#page, at, from, to);
      this.#page[at + length] = FRAME_END;
      this.#offset = at + length + 1;
    }
  }
}

function keyOf({ classId, methodId }: { readonly classId: number; readonly methodId: number }): number {
  return methodKey(classId, methodId);
}
