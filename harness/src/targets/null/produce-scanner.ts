/**
 * Reads a stream of request frames chunk by chunk. Of a produce request only the fixed parts are looked at; nothing
 * is allocated per request unless a part lies across two chunks.
 */
import { BATCH } from "../wire/record-batch.ts";

export interface ScannerEvents {
  /** A whole frame, without its length, of any other request. Shares memory with the chunk. */
  request(frame: Buffer): void;
  /** One partition of a produce request. The topic's name is the first `nameLength` bytes of `name`, which is reused. */
  partition(name: Buffer, nameLength: number, index: number, records: number): void;
  /** After the last byte of a produce request. */
  produced(version: number, correlationId: number, acks: number): void;
}

/** Enough for the fixed parts and names of usual length; grows for longer ones. */
const HEAD_BYTES = 1024;
const MAX_REQUEST_BYTES = 1 << 20;
const MAX_PRODUCE_BYTES = 128 << 20;

const PRODUCE = 0;

/** The part that comes next; `frame` is a whole request, of a produce request its length and head. */
type Expecting = "frame" | "topic" | "partition";

export class ProduceScanner {
  readonly #events: ScannerEvents;
  #gathered = Buffer.allocUnsafe(HEAD_BYTES);
  #gatheredLength = 0;
  #expecting: Expecting = "frame";
  /** Bytes of records still to pass over. */
  #skip = 0;
  /** Bytes of the frame not looked at yet. */
  #frameLeft = 0;
  #topicsLeft = 0;
  #partitionsLeft = 0;
  #version = 0;
  #correlationId = 0;
  #acks = 0;
  readonly #name = Buffer.alloc(256);
  #nameLength = 0;

  constructor(events: ScannerEvents) {
    this.#events = events;
  }

  /** Takes the first `length` bytes of `chunk`, which may be reused afterwards. Throws RangeError: close the connection. */
  push(chunk: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, length - at);
        this.#skip -= passed;
        at += passed;
        if (this.#skip === 0) this.#advance();
      } else {
        at = this.#gatheredLength > 0 ? this.#gather(chunk, at, length) : this.#inPlace(chunk, at, length);
      }
    }
  }

  #inPlace(chunk: Buffer, at: number, length: number): number {
    const wanted = this.#wanted(chunk, at, length - at);
    if (wanted <= length - at) {
      this.#take(chunk, at, wanted);
      return at + wanted;
    }
    return this.#gather(chunk, at, length);
  }

  /** A part lies across chunks: its bytes are copied together first. */
  #gather(chunk: Buffer, at: number, length: number): number {
    let from = at;
    for (;;) {
      const wanted = this.#wanted(this.#gathered, 0, this.#gatheredLength);
      const missing = wanted - this.#gatheredLength;
      if (missing <= 0) {
        this.#gatheredLength = 0;
        this.#take(this.#gathered, 0, wanted);
        return from;
      }
      if (from === length) return from;
      this.#reserve(wanted);
      const copied = Math.min(missing, length - from);
      chunk.copy(this.#gathered, this.#gatheredLength, from, from + copied);
      this.#gatheredLength += copied;
      from += copied;
    }
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#gathered.length) return;
    const larger = Buffer.allocUnsafe(bytes);
    this.#gathered.copy(larger, 0, 0, this.#gatheredLength);
    this.#gathered = larger;
  }

  /** How many contiguous bytes from `at` the next part needs; grows as more of it is seen. */
  #wanted(bytes: Buffer, at: number, available: number): number {
    switch (this.#expecting) {
      case "frame": {
        if (available < 8) return 8;
        const size = bytes.readInt32BE(at);
        const produce = bytes.readInt16BE(at + 4) === PRODUCE;
        if (size < 10 || size > (produce ? MAX_PRODUCE_BYTES : MAX_REQUEST_BYTES)) {
          throw new RangeError(`frame of ${size} bytes`);
        }
        if (!produce) return 4 + size;
        return available < 14 ? 14 : produceHeadLength(bytes, at, available);
      }
      case "topic":
        return available < 2 ? 2 : 2 + Math.max(0, bytes.readInt16BE(at)) + 4;
      default:
        return available < 8 ? 8 : 8 + Math.min(Math.max(0, bytes.readInt32BE(at + 4)), BATCH.records);
    }
  }

  /** Consumes the next part, the `wanted` bytes from `at`. */
  #take(bytes: Buffer, at: number, wanted: number): void {
    if (this.#expecting === "frame") {
      this.#takeFrame(bytes, at, wanted);
      return;
    }
    this.#frameLeft -= wanted;
    if (this.#frameLeft < 0) throw new RangeError("topic or partition longer than its frame");
    if (this.#expecting === "topic") this.#takeTopic(bytes, at);
    else this.#takePartition(bytes, at);
    if (this.#skip === 0) this.#advance();
  }

  #takeFrame(bytes: Buffer, at: number, wanted: number): void {
    if (bytes.readInt16BE(at + 4) !== PRODUCE) {
      this.#events.request(bytes.subarray(at + 4, at + wanted));
      return;
    }
    this.#version = bytes.readInt16BE(at + 6);
    this.#correlationId = bytes.readInt32BE(at + 8);
    if (this.#version < 3 || this.#version > 8) throw new RangeError(`produce version ${this.#version}`);
    const clientEnd = at + 14 + Math.max(0, bytes.readInt16BE(at + 12));
    const idEnd = clientEnd + 2 + Math.max(0, bytes.readInt16BE(clientEnd));
    this.#acks = bytes.readInt16BE(idEnd);
    this.#topicsLeft = bytes.readInt32BE(idEnd + 6);
    this.#frameLeft = 4 + bytes.readInt32BE(at) - wanted;
    if (this.#frameLeft < 0) throw new RangeError("produce request longer than its frame");
    this.#partitionsLeft = 0;
    this.#advance();
  }

  #takeTopic(bytes: Buffer, at: number): void {
    const length = Math.max(0, bytes.readInt16BE(at));
    if (length > this.#name.length) throw new RangeError(`topic name of ${length} bytes`);
    bytes.copy(this.#name, 0, at + 2, at + 2 + length);
    this.#nameLength = length;
    this.#partitionsLeft = bytes.readInt32BE(at + 2 + length);
    this.#topicsLeft--;
  }

  #takePartition(bytes: Buffer, at: number): void {
    const index = bytes.readInt32BE(at);
    const size = Math.max(0, bytes.readInt32BE(at + 4));
    const records = size < BATCH.records ? 0 : bytes.readInt32BE(at + 8 + BATCH.recordCount);
    this.#events.partition(this.#name, this.#nameLength, index, records);
    this.#partitionsLeft--;
    this.#skip = size - Math.min(size, BATCH.records);
    this.#frameLeft -= this.#skip;
    if (this.#frameLeft < 0) throw new RangeError("records longer than their frame");
  }

  #advance(): void {
    if (this.#partitionsLeft > 0) this.#expecting = "partition";
    else if (this.#topicsLeft > 0) this.#expecting = "topic";
    else {
      if (this.#frameLeft > 0) throw new RangeError("produce request shorter than its frame");
      this.#expecting = "frame";
      this.#events.produced(this.#version, this.#correlationId, this.#acks);
    }
  }
}

/** Up to the count of topics; as much as is known until both ids have been seen. */
function produceHeadLength(bytes: Buffer, at: number, available: number): number {
  const clientEnd = 14 + Math.max(0, bytes.readInt16BE(at + 12));
  if (available < clientEnd + 2) return clientEnd + 2;
  return clientEnd + 2 + Math.max(0, bytes.readInt16BE(at + clientEnd)) + 10;
}
