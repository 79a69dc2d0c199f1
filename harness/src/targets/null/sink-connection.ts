import { ERROR } from "../wire/control-plane.ts";
import { encodeResponse } from "../wire/server.ts";
import { ProduceScanner } from "./produce-scanner.ts";
import type { Sink } from "./sink.ts";

/** What a connection needs of its socket. */
export interface Output {
  write(bytes: Buffer): unknown;
  /** Bytes that the kernel has not taken yet. */
  readonly writableLength: number;
}

const OUTPUT_BYTES = 64 * 1024;
/** A response about one partition, without the topic's name. */
const RESPONSE_BYTES = 64;

/**
 * One connection to the sink. Answers are collected over a chunk, in a buffer that is used again once the kernel has
 * taken it, so that many small requests cost one write.
 */
export class SinkConnection {
  readonly #output: Output;
  readonly #sink: Sink;
  readonly #scanner: ProduceScanner;
  #bytes = Buffer.allocUnsafe(OUTPUT_BYTES);
  #length = 0;
  readonly #topic = Buffer.alloc(256);
  #topicLength = 0;
  #topicName = "";
  /** Of the request being read: the last partition in fields, those before it (rare) in a list. */
  #index = 0;
  #baseOffset = 0;
  #known = false;
  #count = 0;
  readonly #earlier: { name: string; index: number; errorCode: number; baseOffset: number }[] = [];

  constructor(output: Output, sink: Sink) {
    this.#output = output;
    this.#sink = sink;
    this.#scanner = new ProduceScanner({
      request: (frame) => this.#send(this.#sink.answer(frame)),
      partition: (name, nameLength, index, records) => this.#add(name, nameLength, index, records),
      produced: (version, correlationId, acks) => this.#confirm(version, correlationId, acks),
    });
  }

  /** Takes the first `length` bytes of `chunk`, which may be reused afterwards. Throws RangeError on nonsense. */
  push(chunk: Buffer, length: number): void {
    this.#scanner.push(chunk, length);
    this.#flush();
  }

  #add(name: Buffer, nameLength: number, index: number, records: number): void {
    if (this.#count > 0) this.#earlier.push(this.#lastResult());
    if (nameLength !== this.#topicLength || name.compare(this.#topic, 0, nameLength, 0, nameLength) !== 0) {
      name.copy(this.#topic, 0, 0, nameLength);
      this.#topicLength = nameLength;
      this.#topicName = this.#topic.toString("utf8", 0, nameLength);
    }
    const partition = this.#sink.topics.partition(this.#topicName, index);
    this.#count++;
    this.#index = index;
    this.#known = partition !== undefined;
    this.#baseOffset = partition?.end ?? -1;
    if (partition !== undefined) partition.end += records;
  }

  #confirm(version: number, correlationId: number, acks: number): void {
    const several = this.#count > 1;
    this.#count = 0;
    if (acks === 0) this.#earlier.length = 0;
    else if (several) this.#confirmSeveral(version, correlationId);
    else this.#confirmOne(version, correlationId);
  }

  /** Produce response, versions 3 to 8, written in place. */
  #confirmOne(version: number, correlationId: number): void {
    this.#reserve(RESPONSE_BYTES + this.#topicLength);
    const bytes = this.#bytes;
    const start = this.#length;
    let at = bytes.writeInt32BE(correlationId, start + 4);
    at = bytes.writeInt32BE(1, at);
    at = bytes.writeInt16BE(this.#topicLength, at);
    this.#topic.copy(bytes, at, 0, this.#topicLength);
    at = bytes.writeInt32BE(1, at + this.#topicLength);
    at = bytes.writeInt32BE(this.#index, at);
    at = bytes.writeInt16BE(this.#known ? ERROR.none : ERROR.unknownTopic, at);
    at = writeInt64(bytes, this.#baseOffset, at);
    at = writeInt64(bytes, -1, at);
    if (version >= 5) at = writeInt64(bytes, 0, at);
    if (version >= 8) at = bytes.writeInt16BE(-1, bytes.writeInt32BE(0, at));
    at = bytes.writeInt32BE(0, at);
    bytes.writeInt32BE(at - start - 4, start);
    this.#length = at;
  }

  #confirmSeveral(version: number, correlationId: number): void {
    const results = [...this.#earlier, this.#lastResult()];
    this.#earlier.length = 0;
    const topics = Map.groupBy(results, ({ name }) => name);
    this.#send(
      encodeResponse("produce", version, correlationId, {
        topics: Array.from(topics, ([name, partitions]) => ({ name, partitions })),
      }),
    );
  }

  #lastResult() {
    const errorCode = this.#known ? ERROR.none : ERROR.unknownTopic;
    return { name: this.#topicName, index: this.#index, errorCode, baseOffset: this.#baseOffset };
  }

  #send(response: Buffer): void {
    this.#flush();
    this.#output.write(response);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes > this.#bytes.length) this.#flush();
  }

  #flush(): void {
    if (this.#length === 0) return;
    this.#output.write(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    if (this.#output.writableLength > 0) this.#bytes = Buffer.allocUnsafe(OUTPUT_BYTES);
  }
}

function writeInt64(bytes: Buffer, value: number, at: number): number {
  const low = bytes.writeInt32BE(Math.floor(value / 2 ** 32), at);
  return bytes.writeUInt32BE(value >>> 0, low);
}
