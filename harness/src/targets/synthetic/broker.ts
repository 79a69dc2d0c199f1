/** A broker whose truth is known: every delay, loss, duplicate, swap and corruption in it was asked for. */
import type { Endpoint } from "../../load/protocol.ts";
import { advertisedApis, answer, ERROR, listOffsets, Topics } from "../wire/control-plane.ts";
import {
  decodeRequest,
  encodeResponse,
  type Handlers,
  type RequestOf,
  type ResponseOf,
} from "../wire/server.ts";
import { MESSAGES } from "../wire/messages.ts";
import type { ReleaseClock } from "./release-queue.ts";
import type { SyntheticSettings } from "./settings.ts";
import { type Appended, SyntheticPartition, TopicPace } from "./topic-log.ts";

/** All logs together; beyond it produce requests are refused, so that memory is bounded. */
const MAX_BYTES = 2 ** 30;
const MAX_FETCH_BYTES = 64 * 2 ** 20;

export class SyntheticBroker {
  readonly #topics: Topics<SyntheticPartition>;
  readonly #handlers: Handlers;
  readonly #apis;
  #bytes = 0;

  constructor(settings: SyntheticSettings, clock: ReleaseClock, endpoint: () => Endpoint) {
    this.#topics = new Topics(
      (count) => {
        const pace = new TopicPace(settings, clock);
        return Array.from({ length: count }, () => new SyntheticPartition(pace));
      },
      (partitions) => {
        for (const { bytes } of partitions) this.#bytes -= bytes;
      },
    );
    this.#handlers = {
      ...this.#topics.handlers(endpoint),
      listOffsets: (request) =>
        listOffsets(request, (topic, index) => this.#topics.partition(topic, index)?.end),
    };
    this.#apis = advertisedApis(this.#handlers, { produce: MESSAGES.produce.max, fetch: MESSAGES.fetch.max });
  }

  /**
   * Calls `respond` once, now or later: with a whole frame, or null where none is wanted (acks 0). Throws RangeError
   * for what makes no sense: the connection is then to be closed.
   */
  handle(frame: Buffer, respond: (response: Buffer | null) => void): void {
    const received = decodeRequest(frame);
    const { api, version, correlationId } = received;
    if (api === "produce") {
      const request = received.request as RequestOf<"produce">;
      this.#produce(request, (values) => {
        respond(request.acks === 0 ? null : encodeResponse("produce", version, correlationId, values));
      });
    } else if (api === "fetch") {
      this.#fetch(received.request as RequestOf<"fetch">, (values) =>
        respond(encodeResponse("fetch", version, correlationId, values)),
      );
    } else respond(answer(received, this.#handlers, this.#apis));
  }

  #produce({ topics }: RequestOf<"produce">, respond: (values: ResponseOf<"produce">) => void): void {
    const parts = topics.flatMap(({ name, partitions }) =>
      partitions.map(({ index, records }) => ({ name, index, records })),
    );
    const results = new Map<(typeof parts)[number], Appended>();
    for (const part of parts) {
      this.#append(part.name ?? "", part.index, part.records, (appended) => {
        results.set(part, appended);
        if (results.size < parts.length) return;
        const byTopic = Map.groupBy(parts, ({ name }) => name);
        respond({
          topics: Array.from(byTopic, ([name, group]) => ({
            name: name ?? "",
            partitions: group.map((one) => ({ index: one.index, ...results.get(one) })),
          })),
        });
      });
    }
    if (parts.length === 0) respond({});
  }

  #append(topic: string, index: number, records: Buffer | null, done: (appended: Appended) => void): void {
    const partition = this.#topics.partition(topic, index);
    const errorCode = this.#refusal(partition, records);
    if (partition === undefined || records === null || errorCode !== ERROR.none) {
      done({ errorCode, baseOffset: -1 });
      return;
    }
    const before = partition.bytes;
    partition.append(records, done);
    this.#bytes += partition.bytes - before;
  }

  #refusal(partition: SyntheticPartition | undefined, records: Buffer | null): number {
    if (partition === undefined) return ERROR.unknownTopic;
    if (records === null) return ERROR.corruptMessage;
    return this.#bytes + records.length > MAX_BYTES ? ERROR.storageError : ERROR.none;
  }

  /** Answers when there is enough, or when the time is over. */
  #fetch(request: RequestOf<"fetch">, respond: (values: ResponseOf<"fetch">) => void): void {
    const partitions = request.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => this.#topics.partition(name ?? "", partition)),
    );
    const read = this.#read(request);
    if (read.final || read.bytes >= request.minBytes || request.maxWaitMs === 0) {
      respond(read.values);
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      for (const stop of stops) stop();
      respond(this.#read(request).values);
    };
    const stops = partitions.map((partition) =>
      partition!.watch(() => {
        if (this.#read(request).bytes >= request.minBytes) finish();
      }),
    );
    const timer = setTimeout(finish, request.maxWaitMs);
  }

  #read({ topics, maxBytes }: RequestOf<"fetch">) {
    let bytes = 0;
    let final = false;
    const answered = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partition: partitionIndex, fetchOffset, partitionMaxBytes }) => {
        const partition = this.#topics.partition(name, partitionIndex);
        const end = partition?.end ?? -1;
        const errorCode =
          partition === undefined
            ? ERROR.unknownTopic
            : fetchOffset > end
              ? ERROR.offsetOutOfRange
              : ERROR.none;
        final ||= errorCode !== ERROR.none;
        const room = Math.min(maxBytes, MAX_FETCH_BYTES) - bytes;
        const found =
          errorCode === ERROR.none && room > 0
            ? partition!.read(fetchOffset, Math.min(room, partitionMaxBytes))
            : [];
        const records = Buffer.concat(found);
        bytes += records.length;
        return { partitionIndex, errorCode, highWatermark: end, lastStableOffset: end, records };
      }),
    }));
    return { values: { topics: answered }, bytes, final };
  }
}
