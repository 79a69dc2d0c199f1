/** Requests and responses the tests send by hand, at fixed inflexible versions (Kafka message schemas 4.3). */
import { ByteReader, ByteWriter } from "./wire-bytes.ts";

export const API = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  findCoordinator: 10,
  apiVersions: 18,
  createTopics: 19,
  deleteTopics: 20,
  initProducerId: 22,
  describeConfigs: 32,
  describeCluster: 60,
} as const;

export interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly body: Buffer;
  /** Request header v2 (a tag section after the client id). */
  readonly flexible?: boolean;
}

/** Size prefix, header and body, ready for the socket. */
export function frame(request: Request, correlationId: number): Buffer {
  const header = new ByteWriter()
    .int16(request.apiKey)
    .int16(request.apiVersion)
    .int32(correlationId)
    .string("brokermark-test");
  if (request.flexible) header.noTags();
  const bytes = header.raw(request.body).build();
  return new ByteWriter().int32(bytes.length).raw(bytes).build();
}

export function apiVersionsRequest(apiVersion = 0): Request {
  return { apiKey: API.apiVersions, apiVersion, body: Buffer.alloc(0) };
}

export function produceRequest(topic: string, partition: number, records: Buffer | null, acks = -1): Request {
  const body = new ByteWriter().string(null).int16(acks).int32(10_000);
  body.int32(1).string(topic).int32(1).int32(partition).bytes(records);
  return { apiKey: API.produce, apiVersion: 7, body: body.build() };
}

export interface ProduceAnswer {
  readonly errorCode: number;
  readonly baseOffset: number;
}

export function readProduceResponse(body: Buffer): ProduceAnswer {
  const answers = new ByteReader(body).array((topic) => {
    topic.string();
    return topic.array((partition) => {
      partition.int32();
      const answer = { errorCode: partition.int16(), baseOffset: partition.int64() };
      partition.int64();
      partition.int64();
      return answer;
    });
  });
  const answer = answers[0]?.[0];
  if (answer === undefined) throw new Error("produce response without a partition");
  return answer;
}

export function fetchRequest(
  topic: string,
  partition: number,
  offset: number,
  { maxWaitMs = 0, minBytes = 0, maxBytes = 50_000_000 } = {},
): Request {
  const body = new ByteWriter().int32(-1).int32(maxWaitMs).int32(minBytes).int32(maxBytes).int8(0);
  body.int32(0).int32(-1).int32(1).string(topic).int32(1);
  body.int32(partition).int32(-1).int64(offset).int64(-1).int32(maxBytes);
  body.int32(0).string("");
  return { apiKey: API.fetch, apiVersion: 11, body: body.build() };
}

export interface FetchAnswer {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly records: Buffer;
}

export function readFetchResponse(body: Buffer): FetchAnswer {
  const reader = new ByteReader(body);
  reader.int32();
  const errorCode = reader.int16();
  reader.int32();
  const topics = reader.array((topic) => {
    topic.string();
    return topic.array((partition) => {
      partition.int32();
      const partitionError = partition.int16();
      const highWatermark = partition.int64();
      partition.int64();
      const logStartOffset = partition.int64();
      partition.array((aborted) => [aborted.int64(), aborted.int64()]);
      partition.int32();
      const records = partition.bytes() ?? Buffer.alloc(0);
      return { errorCode: partitionError, highWatermark, logStartOffset, records };
    });
  });
  const answer = topics[0]?.[0];
  if (answer === undefined) throw new Error(`fetch response without a partition, error ${errorCode}`);
  return answer;
}

/** The log end is `timestamp` -1, the log start -2. */
export function listOffsetsRequest(topic: string, partition: number, timestamp: number): Request {
  const body = new ByteWriter().int32(-1).int8(0).int32(1).string(topic).int32(1);
  body.int32(partition).int64(timestamp);
  return { apiKey: API.listOffsets, apiVersion: 2, body: body.build() };
}

export function readListOffsetsResponse(body: Buffer): {
  errorCode: number;
  timestamp: number;
  offset: number;
} {
  const reader = new ByteReader(body);
  reader.int32();
  const topics = reader.array((topic) => {
    topic.string();
    return topic.array((partition) => {
      partition.int32();
      return { errorCode: partition.int16(), timestamp: partition.int64(), offset: partition.int64() };
    });
  });
  return topics[0]![0]!;
}

export function createTopicsRequest(topic: string, partitions: number, validateOnly = false): Request {
  const body = new ByteWriter().int32(1).string(topic).int32(partitions).int16(1).int32(0).int32(0);
  body.int32(30_000).int8(validateOnly ? 1 : 0);
  return { apiKey: API.createTopics, apiVersion: 2, body: body.build() };
}

export function readCreateTopicsResponse(body: Buffer): { name: string | null; errorCode: number }[] {
  const reader = new ByteReader(body);
  reader.int32();
  return reader.array((topic) => {
    const answer = { name: topic.string(), errorCode: topic.int16() };
    topic.string();
    return answer;
  });
}

export function deleteTopicsRequest(topics: readonly string[]): Request {
  const body = new ByteWriter().int32(topics.length);
  for (const topic of topics) body.string(topic);
  return { apiKey: API.deleteTopics, apiVersion: 1, body: body.int32(30_000).build() };
}

/** `topics` null asks for all of them. */
export function metadataRequest(topics: readonly string[] | null, autoCreate = false): Request {
  const body = new ByteWriter().int32(topics === null ? -1 : topics.length);
  for (const topic of topics ?? []) body.string(topic);
  return { apiKey: API.metadata, apiVersion: 4, body: body.int8(autoCreate ? 1 : 0).build() };
}

export interface TopicMetadata {
  readonly errorCode: number;
  readonly name: string | null;
  readonly leaders: readonly number[];
}

export function readMetadataResponse(body: Buffer): TopicMetadata[] {
  const reader = new ByteReader(body);
  reader.int32();
  reader.array((broker) => [broker.int32(), broker.string(), broker.int32(), broker.string()]);
  reader.string();
  reader.int32();
  return reader.array((topic) => {
    const errorCode = topic.int16();
    const name = topic.string();
    topic.int8();
    const leaders = topic.array((partition) => {
      partition.int16();
      partition.int32();
      const leader = partition.int32();
      partition.array((replica) => replica.int32());
      partition.array((replica) => replica.int32());
      return leader;
    });
    return { errorCode, name, leaders };
  });
}

export function initProducerIdRequest(): Request {
  const body = new ByteWriter().string(null).int32(60_000).build();
  return { apiKey: API.initProducerId, apiVersion: 0, body };
}

export function readInitProducerIdResponse(body: Buffer): {
  errorCode: number;
  producerId: number;
  epoch: number;
} {
  const reader = new ByteReader(body);
  reader.int32();
  return { errorCode: reader.int16(), producerId: reader.int64(), epoch: reader.int16() };
}
