/** Topics and the requests about them, the same for every small server: one broker, no replication, all in memory. */
import { randomBytes } from "node:crypto";
import type { Endpoint } from "../../load/protocol.ts";
import { type ApiName, MESSAGES } from "./messages.ts";
import type { Message } from "./notation.ts";
import {
  encodeResponse,
  type Handlers,
  type ReceivedRequest,
  type RequestOf,
  type ResponseOf,
} from "./server.ts";

export const ERROR = {
  none: 0,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopic: 3,
  topicExists: 36,
  invalidPartitions: 37,
  policyViolation: 44,
  storageError: 56,
  unsupportedCompression: 76,
  unsupportedVersion: 35,
} as const;

const NODE_ID = 1;
const MAX_TOPICS = 10_000;
const MAX_PARTITIONS = 1000;

interface Topic<P> {
  readonly id: string;
  readonly partitions: readonly P[];
}

export class Topics<P> {
  readonly #topics = new Map<string, Topic<P>>();
  readonly #makePartitions: (count: number) => readonly P[];
  readonly #removed: (partitions: readonly P[]) => void;
  #producers = 0;

  constructor(
    makePartitions: (count: number) => readonly P[],
    removed: (partitions: readonly P[]) => void = () => undefined,
  ) {
    this.#makePartitions = makePartitions;
    this.#removed = removed;
  }

  partition(topic: string, index: number): P | undefined {
    return this.#topics.get(topic)?.partitions[index];
  }

  /** Handlers for everything that is not records; `endpoint` is told only once the server listens. */
  handlers(endpoint: () => Endpoint): Handlers {
    return {
      metadata: (request) => ({
        brokers: [{ nodeId: NODE_ID, ...endpoint() }],
        clusterId: "brokermark",
        controllerId: NODE_ID,
        topics: (request.topics?.map(({ name }) => name ?? "") ?? [...this.#topics.keys()]).map((name) =>
          this.#describe(name),
        ),
      }),
      createTopics: ({ topics }) => ({
        topics: topics.map(({ name, numPartitions }) => ({
          name,
          errorCode: this.#create(name, numPartitions),
        })),
      }),
      deleteTopics: ({ topics, topicNames }) => ({
        topics: [...topics.map(({ name }) => name ?? ""), ...topicNames].map((name) => ({
          name,
          errorCode: this.#remove(name),
        })),
      }),
      initProducerId: () => ({ producerId: this.#producers++ }),
      describeConfigs: ({ resources }) => ({
        results: resources.map((resource) => ({ ...resource, configs: [] })),
      }),
    };
  }

  #create(name: string, wanted: number): number {
    const count = wanted === -1 ? 1 : wanted;
    if (this.#topics.has(name)) return ERROR.topicExists;
    if (count < 1 || count > MAX_PARTITIONS) return ERROR.invalidPartitions;
    if (this.#topics.size >= MAX_TOPICS) return ERROR.policyViolation;
    this.#topics.set(name, { id: randomBytes(16).toString("hex"), partitions: this.#makePartitions(count) });
    return ERROR.none;
  }

  #remove(name: string): number {
    const topic = this.#topics.get(name);
    if (topic === undefined) return ERROR.unknownTopic;
    this.#topics.delete(name);
    this.#removed(topic.partitions);
    return ERROR.none;
  }

  #describe(name: string) {
    const topic = this.#topics.get(name);
    if (topic === undefined) return { name, errorCode: ERROR.unknownTopic };
    const partitions = topic.partitions.map((_, partitionIndex) => ({
      partitionIndex,
      leaderId: NODE_ID,
      replicaNodes: [NODE_ID],
      isrNodes: [NODE_ID],
    }));
    return { name, topicId: topic.id, partitions };
  }
}

/** Answers to ListOffsets for partitions that begin at 0 and end at `endOf`. */
export function listOffsets(
  { topics }: RequestOf<"listOffsets">,
  endOf: (topic: string, partition: number) => number | undefined,
): ResponseOf<"listOffsets"> {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp }) => {
        const end = endOf(name, partitionIndex);
        if (end === undefined) return { partitionIndex, errorCode: ERROR.unknownTopic, offset: -1 };
        return { partitionIndex, offset: timestamp === EARLIEST ? 0 : end };
      }),
    })),
  };
}

const EARLIEST = -2;

/** Answers a request from `handlers`; `apis` are the ones advertised, with the newest version where it is not ours. */
export function answer(
  { api, version, correlationId, request }: ReceivedRequest,
  handlers: Handlers,
  apis: ReadonlyMap<ApiName, number>,
): Buffer {
  if (api === "apiVersions") return encodeResponse(api, ...apiVersionsAnswer(version, correlationId, apis));
  const handle = handlers[api] as ((request: unknown) => ResponseOf<ApiName>) | undefined;
  if (handle === undefined) throw new RangeError(`${api} is not spoken`);
  return encodeResponse(api, version, correlationId, handle(request));
}

/** Every api of the handlers and those given, each up to our newest version unless a lower one is given. */
export function advertisedApis(
  handlers: Handlers,
  others: Partial<Record<ApiName, number>>,
): Map<ApiName, number> {
  const names: ApiName[] = ["apiVersions", ...(Object.keys(handlers) as ApiName[])];
  const newest = names.map((name): [ApiName, number] => [name, MESSAGES[name].max]);
  return new Map([...newest, ...(Object.entries(others) as [ApiName, number][])]);
}

function apiVersionsAnswer(
  version: number,
  correlationId: number,
  apis: ReadonlyMap<ApiName, number>,
): [number, number, ResponseOf<"apiVersions">] {
  const apiKeys = [...apis].map(([name, maxVersion]) => {
    const { key, min }: Message = MESSAGES[name];
    return { apiKey: key, minVersion: min, maxVersion };
  });
  if (version <= MESSAGES.apiVersions.max) return [version, correlationId, { apiKeys }];
  return [0, correlationId, { errorCode: ERROR.unsupportedVersion, apiKeys }];
}
