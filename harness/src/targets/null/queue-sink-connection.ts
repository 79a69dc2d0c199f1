import type { QueueSink, Subscriber } from "./queue-sink.ts";

/** What a connection needs of its socket. */
export interface QueueSocket {
  write(bytes: Buffer): unknown;
  readonly writableLength: number;
  pause(): void;
  resume(): void;
}

const FRAME_OVERHEAD_BYTES = 8;
const FRAME_END = 0xce;
const PROTOCOL_HEADER_BYTES = 8;
/** Class and method in front of the arguments. */
const KEY_BYTES = 4;
const MAX_FRAME_BYTES = 1 << 20;
/** While a subscriber is so far behind, publishers are not read: nothing else bounds what is written to it. */
const MAX_BACKLOG_BYTES = 4 << 20;
const BACKLOG_POLL_MS = 1;

const key = (classId: number, methodId: number) => classId * 0x10000 + methodId;
const START_OK = key(10, 11);
const QUEUE_DECLARE = key(50, 10);
const QUEUE_BIND = key(50, 20);
const QUEUE_DELETE = key(50, 40);
const EXCHANGE_DELETE = key(40, 20);
const CONSUME = key(60, 20);
const PUBLISH = key(60, 40);
const DELIVER = key(60, 60);
const ACK = key(60, 80);

/** Arguments of connection.start: 0-9, an empty table, PLAIN, en_US. */
const START = Buffer.concat([Buffer.of(0, 9, 0, 0, 0, 0), longText("PLAIN"), longText("en_US")]);
/** Arguments of connection.tune: 2047 channels, frames of 128 KiB, no heartbeats. */
const TUNE = Buffer.of(0x07, 0xff, 0, 2, 0, 0, 0, 0);

/** Answers whose arguments are always the same: method asked -> [answer, its arguments]. */
const ANSWERS: ReadonlyMap<number, readonly [answer: number, values: Buffer]> = new Map([
  [START_OK, [key(10, 30), TUNE]],
  [key(10, 40), [key(10, 41), Buffer.of(0)]],
  [key(10, 50), [key(10, 51), Buffer.alloc(0)]],
  [key(20, 10), [key(20, 11), Buffer.alloc(4)]],
  [key(40, 10), [key(40, 11), Buffer.alloc(0)]],
  [EXCHANGE_DELETE, [key(40, 21), Buffer.alloc(0)]],
  [QUEUE_BIND, [key(50, 21), Buffer.alloc(0)]],
  [QUEUE_DELETE, [key(50, 41), Buffer.alloc(4)]],
  [key(60, 10), [key(60, 11), Buffer.alloc(0)]],
  [key(85, 10), [key(85, 11), Buffer.alloc(0)]],
]);

/**
 * One AMQP connection to the null target. Of a publish only exchange and key are looked at; its frames are written on as
 * they came behind a basic.deliver, and for a fan-out exchange once for all subscribers.
 */
export class QueueSinkConnection implements Subscriber {
  tag = 0;
  readonly #socket: QueueSocket;
  readonly #sink: QueueSink;
  #greeted = false;
  #published = 0;
  #confirmed = 0;
  #exchange = "";
  #exchangeBytes: Buffer = Buffer.alloc(0);
  #fanOut: readonly Subscriber[] = [];
  /** Deliveries of one read to single consumers, written together. */
  readonly #single = new Map<Subscriber, Buffer[]>();
  #out: Buffer = Buffer.alloc(0);
  #outBytes = 0;
  #largest = 0;

  constructor(socket: QueueSocket, sink: QueueSink) {
    this.#socket = socket;
    this.#sink = sink;
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  deliver(frames: Buffer): void {
    this.#socket.write(frames);
  }

  close(): void {
    this.#sink.forget(this);
  }

  /** Takes whole frames of bytes [from, end) and returns the place after them. Throws RangeError on nonsense. */
  push(bytes: Buffer, from: number, end: number): number {
    let at = from;
    if (!this.#greeted) {
      if (end - at < PROTOCOL_HEADER_BYTES) return at;
      at += PROTOCOL_HEADER_BYTES;
      this.#greeted = true;
      this.#answer(0, key(10, 10), START);
    }
    for (;;) {
      const next = this.#frame(bytes, at, end);
      if (next === at) break;
      at = next;
    }
    this.#handOn();
    this.#confirm();
    return at;
  }

  #frame(bytes: Buffer, at: number, end: number): number {
    const next = frameEnd(bytes, at, end);
    if (next === at) return at;
    const method = bytes.readUInt32BE(at + 7);
    if (method === PUBLISH) {
      const body = frameEnd(bytes, next, end);
      const after = body === next ? body : frameEnd(bytes, body, end);
      if (body === next || after === body) return at;
      this.#publish(bytes, at, next, after);
      return after;
    }
    if (method !== ACK) this.#method(bytes, at, method);
    return next;
  }

  #method(bytes: Buffer, at: number, method: number): void {
    const channel = bytes.readUInt16BE(at + 1);
    const name = at + 7 + KEY_BYTES + 2;
    const first = (): string => shortText(bytes, name);
    const second = (): string => shortText(bytes, name + 1 + bytes[name]!);
    if (method === QUEUE_BIND) this.#sink.bind(second(), first());
    else if (method === QUEUE_DELETE) this.#sink.deleteQueue(first());
    else if (method === EXCHANGE_DELETE) this.#sink.deleteExchange(first());
    else if (method === CONSUME) {
      this.#sink.consume(first(), this);
      const tagAt = name + 1 + bytes[name]!;
      this.#answer(channel, key(60, 21), Buffer.from(bytes.subarray(tagAt, tagAt + 1 + bytes[tagAt]!)));
      return;
    } else if (method === QUEUE_DECLARE) {
      const queue = bytes.subarray(name, name + 1 + bytes[name]!);
      this.#answer(channel, key(50, 11), Buffer.concat([queue, Buffer.alloc(8)]));
      return;
    }
    const answer = ANSWERS.get(method);
    if (answer && !(method === QUEUE_BIND && isNoWaitBind(bytes, name))) this.#answer(channel, ...answer);
  }

  #publish(bytes: Buffer, at: number, header: number, end: number): void {
    this.#published++;
    const names = at + 7 + KEY_BYTES + 2;
    const exchangeLength = bytes[names]!;
    if (exchangeLength === 0) {
      const consumer = this.#sink.nextConsumer(shortText(bytes, names + 1));
      if (consumer === null) return;
      consumer.tag++;
      const frames = Buffer.allocUnsafe(deliveryBytes(at, header, end));
      writeDelivery(frames, 0, bytes, at, header, end, consumer.tag);
      const waiting = this.#single.get(consumer);
      if (waiting) waiting.push(frames);
      else this.#single.set(consumer, [frames]);
      return;
    }
    if (!this.#isSameExchange(bytes, names, exchangeLength)) {
      this.#handOn();
      this.#exchange = shortText(bytes, names);
      this.#exchangeBytes = Buffer.from(bytes.subarray(names + 1, names + 1 + exchangeLength));
    }
    if (this.#outBytes === 0) this.#fanOut = this.#sink.subscribersOf(this.#exchange);
    if (this.#fanOut.length === 0) return;
    const size = deliveryBytes(at, header, end);
    if (this.#outBytes + size > this.#out.length) this.#growOut(size);
    const tag = ++this.tag;
    writeDelivery(this.#out, this.#outBytes, bytes, at, header, end, tag);
    this.#outBytes += size;
  }

  #isSameExchange(bytes: Buffer, names: number, length: number): boolean {
    const known = this.#exchangeBytes;
    return known.length === length && bytes.compare(known, 0, length, names + 1, names + 1 + length) === 0;
  }

  #growOut(size: number): void {
    const larger = Buffer.allocUnsafe(Math.max(64 * 1024, 2 * this.#out.length, this.#outBytes + size));
    this.#out.copy(larger, 0, 0, this.#outBytes);
    this.#out = larger;
  }

  /** The same bytes to every subscriber of an exchange, its own to each consumer of a queue. */
  #handOn(): void {
    for (const [consumer, frames] of this.#single) {
      consumer.deliver(Buffer.concat(frames));
      this.#largest = Math.max(this.#largest, consumer.backlogBytes);
    }
    if (this.#single.size > 0) this.#fanOut = [...this.#single.keys()];
    this.#single.clear();
    if (this.#outBytes > 0) {
      const frames = this.#out.subarray(0, this.#outBytes);
      for (const subscriber of this.#fanOut) {
        subscriber.deliver(frames);
        this.#largest = Math.max(this.#largest, subscriber.backlogBytes);
      }
      // A socket may still hold it.
      this.#out = Buffer.alloc(0);
      this.#outBytes = 0;
    }
    if (this.#largest > MAX_BACKLOG_BYTES) this.#waitForSubscribers();
    this.#largest = 0;
  }

  #waitForSubscribers(): void {
    this.#socket.pause();
    const timer = setInterval(() => {
      if (this.#fanOut.some(({ backlogBytes }) => backlogBytes > MAX_BACKLOG_BYTES / 2)) return;
      clearInterval(timer);
      this.#socket.resume();
    }, BACKLOG_POLL_MS);
  }

  #confirm(): void {
    if (this.#published === this.#confirmed) return;
    this.#confirmed = this.#published;
    const values = Buffer.alloc(9);
    values.writeUInt32BE(Math.floor(this.#published / 2 ** 32), 0);
    values.writeUInt32BE(this.#published % 2 ** 32, 4);
    values.writeUInt8(1, 8);
    this.#answer(1, ACK, values);
  }

  #answer(channel: number, method: number, values: Buffer): void {
    const frame = Buffer.allocUnsafe(FRAME_OVERHEAD_BYTES + KEY_BYTES + values.length);
    frame.writeUInt8(1, 0);
    frame.writeUInt16BE(channel, 1);
    frame.writeUInt32BE(KEY_BYTES + values.length, 3);
    frame.writeUInt32BE(method, 7);
    values.copy(frame, 11);
    frame.writeUInt8(FRAME_END, frame.length - 1);
    this.#socket.write(frame);
  }
}

/** The place after the frame at `at`; `at` itself while it is not whole. */
function frameEnd(bytes: Buffer, at: number, end: number): number {
  if (end - at < FRAME_OVERHEAD_BYTES) return at;
  const size = bytes.readUInt32BE(at + 3);
  if (size > MAX_FRAME_BYTES) throw new RangeError(`frame of ${size} bytes`);
  const next = at + FRAME_OVERHEAD_BYTES + size;
  return next > end ? at : next;
}

/** Consumer tag `c`, delivery tag, flags, then exchange and key as in the publish, which ends with an octet of flags. */
const DELIVERY_HEAD_BYTES = 7 + KEY_BYTES + 2 + 8 + 1;

function namesBytes(at: number, header: number): number {
  return header - 2 - (at + 7 + KEY_BYTES + 2);
}

function deliveryBytes(at: number, header: number, end: number): number {
  return DELIVERY_HEAD_BYTES + namesBytes(at, header) + 1 + (end - header);
}

function writeDelivery(
  out: Buffer,
  to: number,
  bytes: Buffer,
  at: number,
  header: number,
  end: number,
  tag: number,
): void {
  const names = namesBytes(at, header);
  out.writeUInt8(1, to);
  out.writeUInt16BE(1, to + 1);
  out.writeUInt32BE(DELIVERY_HEAD_BYTES - 7 + names, to + 3);
  out.writeUInt32BE(DELIVER, to + 7);
  out.writeUInt16BE(0x0163, to + 11);
  out.writeUInt32BE(Math.floor(tag / 2 ** 32), to + 13);
  out.writeUInt32BE(tag % 2 ** 32, to + 17);
  out.writeUInt8(0, to + 21);
  bytes.copy(out, to + DELIVERY_HEAD_BYTES, header - 2 - names, header - 2);
  const content = to + DELIVERY_HEAD_BYTES + names;
  out.writeUInt8(FRAME_END, content);
  bytes.copy(out, content + 1, header, end);
}

/** In queue.bind, whose names begin at `at`: the octet after queue, exchange and key. */
function isNoWaitBind(bytes: Buffer, at: number): boolean {
  let end = at;
  for (let skipped = 0; skipped < 3; skipped++) end += 1 + bytes[end]!;
  return (bytes[end]! & 1) === 1;
}

function shortText(bytes: Buffer, at: number): string {
  return bytes.toString("utf8", at + 1, at + 1 + bytes[at]!);
}

function longText(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}
