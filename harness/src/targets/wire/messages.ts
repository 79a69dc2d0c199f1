/**
 * Deliberately not the tables of the load drivers: targets whose truth is known must not share a mistake with what
 * they prove. The messages are as the schemas inside Apache's kafka-clients jar (`common/message/*.json`) define them.
 */
import type { Field, Message } from "./notation.ts";

const throttle = (since: number) => ({ name: "throttleTimeMs", type: "int32", since }) as const;

const versionRange = [
  { name: "apiKey", type: "int16" },
  { name: "minVersion", type: "int16" },
  { name: "maxVersion", type: "int16" },
] as const satisfies Field[];

const finalizedFeature = [
  { name: "name", type: "string" },
  { name: "maxVersionLevel", type: "int16" },
  { name: "minVersionLevel", type: "int16" },
] as const satisfies Field[];

const metadataPartition = [
  { name: "errorCode", type: "int16" },
  { name: "partitionIndex", type: "int32" },
  { name: "leaderId", type: "int32" },
  { name: "leaderEpoch", type: "int32", since: 7 },
  { name: "replicaNodes", type: "int32[]" },
  { name: "isrNodes", type: "int32[]" },
  { name: "offlineReplicas", type: "int32[]", since: 5 },
] as const satisfies Field[];

const fetchPartitionRequest = [
  { name: "partition", type: "int32" },
  { name: "currentLeaderEpoch", type: "int32", since: 9, fallback: -1 },
  { name: "fetchOffset", type: "int64" },
  { name: "lastFetchedEpoch", type: "int32", since: 12, fallback: -1 },
  { name: "logStartOffset", type: "int64", since: 5, fallback: -1 },
  { name: "partitionMaxBytes", type: "int32" },
] as const satisfies Field[];

const fetchPartitionResponse = [
  { name: "partitionIndex", type: "int32" },
  { name: "errorCode", type: "int16" },
  { name: "highWatermark", type: "int64" },
  { name: "lastStableOffset", type: "int64" },
  { name: "logStartOffset", type: "int64", since: 5 },
  {
    name: "abortedTransactions",
    type: [
      { name: "producerId", type: "int64" },
      { name: "firstOffset", type: "int64" },
    ],
    nullableSince: 4,
  },
  { name: "preferredReadReplica", type: "int32", since: 11, fallback: -1 },
  { name: "records", type: "bytes", nullableSince: 0 },
] as const satisfies Field[];

const producePartitionResponse = [
  { name: "index", type: "int32" },
  { name: "errorCode", type: "int16" },
  { name: "baseOffset", type: "int64" },
  { name: "logAppendTimeMs", type: "int64", fallback: -1 },
  { name: "logStartOffset", type: "int64", since: 5 },
  {
    name: "recordErrors",
    type: [
      { name: "batchIndex", type: "int32" },
      { name: "message", type: "string", nullableSince: 8 },
    ],
    since: 8,
  },
  { name: "errorMessage", type: "string", since: 8, nullableSince: 8 },
] as const satisfies Field[];

const describedConfig = [
  { name: "name", type: "string" },
  { name: "value", type: "string", nullableSince: 0 },
  { name: "readOnly", type: "bool" },
  { name: "configSource", type: "int8" },
  { name: "isSensitive", type: "bool" },
  {
    name: "synonyms",
    type: [
      { name: "name", type: "string" },
      { name: "value", type: "string", nullableSince: 0 },
      { name: "source", type: "int8" },
    ],
  },
  { name: "configType", type: "int8", since: 3 },
  { name: "documentation", type: "string", since: 3, nullableSince: 0 },
] as const satisfies Field[];

export const MESSAGES = {
  produce: {
    key: 0,
    min: 3,
    max: 12,
    flexible: 9,
    request: [
      { name: "transactionalId", type: "string", nullableSince: 3 },
      { name: "acks", type: "int16" },
      { name: "timeoutMs", type: "int32" },
      {
        name: "topics",
        type: [
          { name: "name", type: "string" },
          {
            name: "partitions",
            type: [
              { name: "index", type: "int32" },
              { name: "records", type: "bytes", nullableSince: 0 },
            ],
          },
        ],
      },
    ],
    response: [
      {
        name: "topics",
        type: [
          { name: "name", type: "string" },
          { name: "partitions", type: producePartitionResponse },
        ],
      },
      throttle(1),
    ],
  },
  fetch: {
    key: 1,
    min: 4,
    max: 12,
    flexible: 12,
    request: [
      { name: "replicaId", type: "int32", fallback: -1 },
      { name: "maxWaitMs", type: "int32" },
      { name: "minBytes", type: "int32" },
      { name: "maxBytes", type: "int32" },
      { name: "isolationLevel", type: "int8" },
      { name: "sessionId", type: "int32", since: 7 },
      { name: "sessionEpoch", type: "int32", since: 7, fallback: -1 },
      {
        name: "topics",
        type: [
          { name: "name", type: "string" },
          { name: "partitions", type: fetchPartitionRequest },
        ],
      },
      {
        name: "forgottenTopics",
        type: [
          { name: "name", type: "string" },
          { name: "partitions", type: "int32[]" },
        ],
        since: 7,
      },
      { name: "rackId", type: "string", since: 11 },
    ],
    response: [
      throttle(1),
      { name: "errorCode", type: "int16", since: 7 },
      { name: "sessionId", type: "int32", since: 7 },
      {
        name: "topics",
        type: [
          { name: "name", type: "string" },
          { name: "partitions", type: fetchPartitionResponse },
        ],
      },
    ],
  },
  listOffsets: {
    key: 2,
    min: 1,
    max: 9,
    flexible: 6,
    request: [
      { name: "replicaId", type: "int32", fallback: -1 },
      { name: "isolationLevel", type: "int8", since: 2 },
      {
        name: "topics",
        type: [
          { name: "name", type: "string" },
          {
            name: "partitions",
            type: [
              { name: "partitionIndex", type: "int32" },
              { name: "currentLeaderEpoch", type: "int32", since: 4, fallback: -1 },
              { name: "timestamp", type: "int64" },
            ],
          },
        ],
      },
    ],
    response: [
      throttle(2),
      {
        name: "topics",
        type: [
          { name: "name", type: "string" },
          {
            name: "partitions",
            type: [
              { name: "partitionIndex", type: "int32" },
              { name: "errorCode", type: "int16" },
              { name: "timestamp", type: "int64", fallback: -1 },
              { name: "offset", type: "int64" },
              { name: "leaderEpoch", type: "int32", since: 4, fallback: -1 },
            ],
          },
        ],
      },
    ],
  },
  metadata: {
    key: 3,
    min: 1,
    max: 12,
    flexible: 9,
    request: [
      {
        name: "topics",
        type: [
          { name: "topicId", type: "uuid", since: 10 },
          { name: "name", type: "string", nullableSince: 10 },
        ],
        nullableSince: 1,
      },
      { name: "allowAutoTopicCreation", type: "bool", since: 4 },
      { name: "includeClusterAuthorizedOperations", type: "bool", since: 8, until: 10 },
      { name: "includeTopicAuthorizedOperations", type: "bool", since: 8 },
    ],
    response: [
      throttle(3),
      {
        name: "brokers",
        type: [
          { name: "nodeId", type: "int32" },
          { name: "host", type: "string" },
          { name: "port", type: "int32" },
          { name: "rack", type: "string", nullableSince: 1 },
        ],
      },
      { name: "clusterId", type: "string", since: 2, nullableSince: 2 },
      { name: "controllerId", type: "int32", fallback: -1 },
      {
        name: "topics",
        type: [
          { name: "errorCode", type: "int16" },
          { name: "name", type: "string", nullableSince: 12 },
          { name: "topicId", type: "uuid", since: 10 },
          { name: "isInternal", type: "bool" },
          { name: "partitions", type: metadataPartition },
          { name: "topicAuthorizedOperations", type: "int32", since: 8, fallback: -2147483648 },
        ],
      },
      { name: "clusterAuthorizedOperations", type: "int32", since: 8, until: 10, fallback: -2147483648 },
    ],
  },
  apiVersions: {
    key: 18,
    min: 0,
    max: 4,
    flexible: 3,
    request: [
      { name: "clientSoftwareName", type: "string", since: 3 },
      { name: "clientSoftwareVersion", type: "string", since: 3 },
    ],
    response: [
      { name: "errorCode", type: "int16" },
      { name: "apiKeys", type: versionRange },
      throttle(1),
      { name: "finalizedFeatures", type: finalizedFeature, since: 3, tag: 2 },
    ],
  },
  createTopics: {
    key: 19,
    min: 2,
    max: 7,
    flexible: 5,
    request: [
      {
        name: "topics",
        type: [
          { name: "name", type: "string" },
          { name: "numPartitions", type: "int32" },
          { name: "replicationFactor", type: "int16" },
          {
            name: "assignments",
            type: [
              { name: "partitionIndex", type: "int32" },
              { name: "brokerIds", type: "int32[]" },
            ],
          },
          {
            name: "configs",
            type: [
              { name: "name", type: "string" },
              { name: "value", type: "string", nullableSince: 0 },
            ],
          },
        ],
      },
      { name: "timeoutMs", type: "int32" },
      { name: "validateOnly", type: "bool" },
    ],
    response: [
      throttle(2),
      {
        name: "topics",
        type: [
          { name: "name", type: "string" },
          { name: "topicId", type: "uuid", since: 7 },
          { name: "errorCode", type: "int16" },
          { name: "errorMessage", type: "string", nullableSince: 0 },
          { name: "numPartitions", type: "int32", since: 5, fallback: -1 },
          { name: "replicationFactor", type: "int16", since: 5, fallback: -1 },
          {
            name: "configs",
            type: [
              { name: "name", type: "string" },
              { name: "value", type: "string", nullableSince: 0 },
              { name: "readOnly", type: "bool" },
              { name: "configSource", type: "int8" },
              { name: "isSensitive", type: "bool" },
            ],
            since: 5,
            nullableSince: 5,
          },
        ],
      },
    ],
  },
  deleteTopics: {
    key: 20,
    min: 1,
    max: 6,
    flexible: 4,
    request: [
      {
        name: "topics",
        type: [
          { name: "name", type: "string", nullableSince: 0 },
          { name: "topicId", type: "uuid" },
        ],
        since: 6,
      },
      { name: "topicNames", type: "string[]", until: 5 },
      { name: "timeoutMs", type: "int32" },
    ],
    response: [
      throttle(1),
      {
        name: "topics",
        type: [
          { name: "name", type: "string", nullableSince: 6 },
          { name: "topicId", type: "uuid", since: 6 },
          { name: "errorCode", type: "int16" },
          { name: "errorMessage", type: "string", since: 5, nullableSince: 5 },
        ],
      },
    ],
  },
  initProducerId: {
    key: 22,
    min: 0,
    max: 4,
    flexible: 2,
    request: [
      { name: "transactionalId", type: "string", nullableSince: 0 },
      { name: "transactionTimeoutMs", type: "int32" },
      { name: "producerId", type: "int64", since: 3, fallback: -1 },
      { name: "producerEpoch", type: "int16", since: 3, fallback: -1 },
    ],
    response: [
      throttle(0),
      { name: "errorCode", type: "int16" },
      { name: "producerId", type: "int64" },
      { name: "producerEpoch", type: "int16" },
    ],
  },
  describeConfigs: {
    key: 32,
    min: 1,
    max: 4,
    flexible: 4,
    request: [
      {
        name: "resources",
        type: [
          { name: "resourceType", type: "int8" },
          { name: "resourceName", type: "string" },
          { name: "configurationKeys", type: "string[]", nullableSince: 0 },
        ],
      },
      { name: "includeSynonyms", type: "bool" },
      { name: "includeDocumentation", type: "bool", since: 3 },
    ],
    response: [
      throttle(0),
      {
        name: "results",
        type: [
          { name: "errorCode", type: "int16" },
          { name: "errorMessage", type: "string", nullableSince: 0 },
          { name: "resourceType", type: "int8" },
          { name: "resourceName", type: "string" },
          { name: "configs", type: describedConfig },
        ],
      },
    ],
  },
} as const satisfies Record<string, Message>;

export type ApiName = keyof typeof MESSAGES;

export function apiOfKey(key: number): ApiName | undefined {
  return (Object.keys(MESSAGES) as ApiName[]).find((name) => MESSAGES[name].key === key);
}
