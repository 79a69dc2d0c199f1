import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";
import { nowUs } from "../../measure/clock.ts";
import { fetch, type FetchedPartition } from "./apis.ts";
import { nextOffset } from "./batch-reader.ts";
import { Connection, decodeResponse, encodeRequest } from "./connection.ts";
import { errorName } from "./error-codes.ts";

const MAX_WAIT_MS = 100;
const FETCH_BYTES = 8 * 1024 * 1024;
/** Not below a large batch, so that every partition brings one. */
const MIN_PARTITION_BYTES = 1024 * 1024;

export interface FetchHandler {
  /** Whole batches of one partition; the memory is reused after the call. */
  records(partition: number, records: Buffer, arrivedUs: number): void;
  /** After the records of the answer to request `request`; `atEnd`: every partition was read to its end. */
  answered(request: number, atEnd: boolean): void;
  failed(error: HarnessError): void;
}

/**
 * Reads partitions from offset 0 over one connection, without a fetch session (KIP-227), one request in flight; the
 * next request leaves before the records of the last are looked at, so that broker and reader work side by side.
 */
export class KafkaFetchSession {
  readonly #connection: Connection;
  readonly #topic: string;
  readonly #handler: FetchHandler;
  readonly #positions: Map<number, number>;
  #order: number[];
  #requests = 0;
  #started = false;

  private constructor(
    connection: Connection,
    topic: string,
    partitions: readonly number[],
    handler: FetchHandler,
  ) {
    this.#connection = connection;
    this.#topic = topic;
    this.#handler = handler;
    this.#positions = new Map(partitions.map((partition) => [partition, 0]));
    this.#order = [...partitions];
    connection.onFrame = (buffer, start, end) => {
      try {
        this.#answered(buffer.subarray(start, end));
      } catch (error) {
        this.#fail(error);
      }
    };
    connection.onClose = (reason) =>
      handler.failed(new HarnessError("TARGET_UNREACHABLE", `connection ended while reading: ${reason}`));
  }

  static async open(
    endpoint: Endpoint,
    topic: string,
    partitions: readonly number[],
    handler: FetchHandler,
  ): Promise<KafkaFetchSession> {
    return new KafkaFetchSession(await Connection.open(endpoint), topic, partitions, handler);
  }

  /** Number of the next request. */
  get requests(): number {
    return this.#requests;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#request();
  }

  close(): void {
    this.#connection.close();
  }

  #request(): void {
    const maxBytes = Math.max(MIN_PARTITION_BYTES, Math.ceil(FETCH_BYTES / this.#order.length));
    const partitions = this.#order.map((index) => ({
      index,
      currentLeaderEpoch: -1,
      fetchOffset: this.#positions.get(index) ?? 0,
      logStartOffset: -1,
      maxBytes,
    }));
    const request = encodeRequest(fetch, this.#requests++, {
      replicaId: -1,
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ name: this.#topic, partitions }],
      forgotten: [],
      rackId: "",
    });
    this.#connection.socket.write(request);
  }

  #answered(frame: Buffer): void {
    const arrivedUs = nowUs();
    const request = this.#requests - 1;
    const answer = decodeResponse(fetch, frame, request);
    expectSuccess(this.#topic, answer.errorCode);
    const partitions = answer.topics.flatMap((topic) => topic.partitions);
    for (const partition of partitions) this.#advance(partition);
    // A broker fills its answer in the order asked: those that brought nothing come first next time.
    const served = partitions.filter((each) => each.records.length > 0).map((each) => each.index);
    this.#order = [...this.#order.filter((index) => !served.includes(index)), ...served];
    this.#request();
    for (const { index, records } of partitions) {
      if (records.length > 0) this.#handler.records(index, records, arrivedUs);
    }
    const atEnd = partitions.every((each) => this.#positions.get(each.index) === each.highWatermark);
    this.#handler.answered(request, atEnd && partitions.length === this.#positions.size);
  }

  #advance(partition: FetchedPartition): void {
    const { index, errorCode, records } = partition;
    expectSuccess(`${this.#topic}-${index}`, errorCode);
    const position = this.#positions.get(index);
    if (position === undefined)
      throw new HarnessError("DRIVER_PROTOCOL", `Fetch answered for partition ${index}`);
    this.#positions.set(index, nextOffset(records, position));
  }

  #fail(error: unknown): void {
    this.close();
    const message = error instanceof Error ? error.message : String(error);
    this.#handler.failed(
      error instanceof HarnessError ? error : new HarnessError("DRIVER_PROTOCOL", message, { cause: error }),
    );
  }
}

function expectSuccess(what: string, errorCode: number): void {
  if (errorCode === 0) return;
  throw new HarnessError("DRIVER_PROTOCOL", `Fetch of ${what} failed with ${errorName(errorCode)}`);
}
