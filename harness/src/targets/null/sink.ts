/**
 * The cheapest server that our driver can publish to: produce requests are counted from batch headers, and their
 * payload is passed over as it arrives, never collected. Its rate is the ceiling of the load generator.
 */
import type { Endpoint } from "../../load/protocol.ts";
import { advertisedApis, answer, listOffsets, Topics } from "../wire/control-plane.ts";
import { decodeRequest, type Handlers } from "../wire/server.ts";

/** Newest produce version that is not flexible: fixed-width lengths are quicker to step over. */
export const PRODUCE_VERSION = 8;

/** All that is kept of a partition. */
export interface CountedPartition {
  end: number;
}

export class Sink {
  readonly topics = new Topics<CountedPartition>((count) =>
    Array.from({ length: count }, () => ({ end: 0 })),
  );
  readonly #handlers: Handlers;
  readonly #apis;

  constructor(endpoint: () => Endpoint) {
    this.#handlers = {
      ...this.topics.handlers(endpoint),
      listOffsets: (request) =>
        listOffsets(request, (topic, index) => this.topics.partition(topic, index)?.end),
      fetch: ({ topics }) => ({
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partition }) => {
            const end = this.topics.partition(name, partition)?.end ?? 0;
            return {
              partitionIndex: partition,
              highWatermark: end,
              lastStableOffset: end,
              records: Buffer.alloc(0),
            };
          }),
        })),
      }),
    };
    this.#apis = advertisedApis(this.#handlers, { produce: PRODUCE_VERSION });
  }

  /** Of everything but produce. Throws RangeError for what it does not speak. */
  answer(frame: Buffer): Buffer {
    const request = decodeRequest(frame);
    if (request.api === "produce") throw new RangeError("a produce request is not answered here");
    return answer(request, this.#handlers, this.#apis);
  }
}
