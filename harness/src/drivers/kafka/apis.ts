/**
 * The requests this driver makes, one version each: the newest before the flexible encoding, which every broker
 * since Kafka 2.4 accepts (Apache Kafka 4 included). Fields as in https://kafka.apache.org/protocol.
 */
import {
  array,
  boolean,
  bytes,
  int8,
  int16,
  int32,
  int64,
  nullableArray,
  nullableString,
  string,
  struct,
  type ValueOf,
  type WireType,
} from "./wire.ts";

export interface Api<Request, Response> {
  readonly name: string;
  readonly key: number;
  readonly version: number;
  readonly request: WireType<Request>;
  readonly response: WireType<Response>;
}

function api<Request, Response>(
  name: string,
  key: number,
  version: number,
  request: WireType<Request>,
  response: WireType<Response>,
): Api<Request, Response> {
  return { name, key, version, request, response };
}

/** Request header version 1. */
export const requestHeader = struct({
  apiKey: int16,
  apiVersion: int16,
  correlationId: int32,
  clientId: nullableString,
});

export const produce = api(
  "Produce",
  0,
  7,
  struct({
    transactionalId: nullableString,
    acks: int16,
    timeoutMs: int32,
    topics: array(struct({ name: string, partitions: array(struct({ index: int32, records: bytes })) })),
  }),
  struct({
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: int64,
            logStartOffset: int64,
          }),
        ),
      }),
    ),
    throttleTimeMs: int32,
  }),
);

const fetchedPartition = struct({
  index: int32,
  errorCode: int16,
  highWatermark: int64,
  lastStableOffset: int64,
  logStartOffset: int64,
  abortedTransactions: array(struct({ producerId: int64, firstOffset: int64 })),
  preferredReadReplica: int32,
  records: bytes,
});
export type FetchedPartition = ValueOf<typeof fetchedPartition>;

export const fetch = api(
  "Fetch",
  1,
  11,
  struct({
    replicaId: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32,
    isolationLevel: int8,
    sessionId: int32,
    sessionEpoch: int32,
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            currentLeaderEpoch: int32,
            fetchOffset: int64,
            logStartOffset: int64,
            maxBytes: int32,
          }),
        ),
      }),
    ),
    forgotten: array(struct({ name: string, partitions: array(int32) })),
    rackId: string,
  }),
  struct({
    throttleTimeMs: int32,
    errorCode: int16,
    sessionId: int32,
    topics: array(struct({ name: string, partitions: array(fetchedPartition) })),
  }),
);

export const listOffsets = api(
  "ListOffsets",
  2,
  5,
  struct({
    replicaId: int32,
    isolationLevel: int8,
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ index: int32, currentLeaderEpoch: int32, timestamp: int64 })),
      }),
    ),
  }),
  struct({
    throttleTimeMs: int32,
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({ index: int32, errorCode: int16, timestamp: int64, offset: int64, leaderEpoch: int32 }),
        ),
      }),
    ),
  }),
);

export const metadata = api(
  "Metadata",
  3,
  8,
  struct({
    topics: nullableArray(string),
    allowAutoTopicCreation: boolean,
    includeClusterAuthorizedOperations: boolean,
    includeTopicAuthorizedOperations: boolean,
  }),
  struct({
    throttleTimeMs: int32,
    brokers: array(struct({ nodeId: int32, host: string, port: int32, rack: nullableString })),
    clusterId: nullableString,
    controllerId: int32,
    topics: array(
      struct({
        errorCode: int16,
        name: string,
        isInternal: boolean,
        partitions: array(
          struct({
            errorCode: int16,
            index: int32,
            leaderId: int32,
            leaderEpoch: int32,
            replicas: array(int32),
            isr: array(int32),
            offlineReplicas: array(int32),
          }),
        ),
        authorizedOperations: int32,
      }),
    ),
    authorizedOperations: int32,
  }),
);
export type ClusterMetadata = ValueOf<typeof metadata.response>;

export const apiVersions = api(
  "ApiVersions",
  18,
  2,
  struct({}),
  struct({
    errorCode: int16,
    apis: array(struct({ key: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: int32,
  }),
);

export const createTopics = api(
  "CreateTopics",
  19,
  4,
  struct({
    topics: array(
      struct({
        name: string,
        partitions: int32,
        replicationFactor: int16,
        assignments: array(struct({ partition: int32, brokers: array(int32) })),
        configs: array(struct({ name: string, value: nullableString })),
      }),
    ),
    timeoutMs: int32,
    validateOnly: boolean,
  }),
  struct({
    throttleTimeMs: int32,
    topics: array(struct({ name: string, errorCode: int16, errorMessage: nullableString })),
  }),
);

export const deleteTopics = api(
  "DeleteTopics",
  20,
  3,
  struct({ names: array(string), timeoutMs: int32 }),
  struct({ throttleTimeMs: int32, topics: array(struct({ name: string, errorCode: int16 })) }),
);

export const initProducerId = api(
  "InitProducerId",
  22,
  1,
  struct({ transactionalId: nullableString, transactionTimeoutMs: int32 }),
  struct({ throttleTimeMs: int32, errorCode: int16, producerId: int64, producerEpoch: int16 }),
);

/** KIP-133, resource types. */
export const RESOURCE_TYPES = { topic: 2, broker: 4 } as const;

export const describeConfigs = api(
  "DescribeConfigs",
  32,
  2,
  struct({
    resources: array(struct({ type: int8, name: string, keys: nullableArray(string) })),
    includeSynonyms: boolean,
  }),
  struct({
    throttleTimeMs: int32,
    resources: array(
      struct({
        errorCode: int16,
        errorMessage: nullableString,
        type: int8,
        name: string,
        configs: array(
          struct({
            name: string,
            value: nullableString,
            readOnly: boolean,
            source: int8,
            sensitive: boolean,
            synonyms: array(struct({ name: string, value: nullableString, source: int8 })),
          }),
        ),
      }),
    ),
  }),
);

export const APIS: readonly Api<never, unknown>[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  apiVersions,
  createTopics,
  deleteTopics,
  initProducerId,
  describeConfigs,
] as unknown as readonly Api<never, unknown>[];
