/**
 * Well-formed requests of every implemented api, inflexible and flexible, that the fuzz cases then damage. They touch
 * only the topic they are given, wait for nothing, and create nothing.
 */
import { encodeBatch } from "../support/wire-batch.ts";
import { ByteWriter } from "../support/wire-bytes.ts";
import {
  API,
  apiVersionsRequest,
  createTopicsRequest,
  deleteTopicsRequest,
  fetchRequest,
  initProducerIdRequest,
  listOffsetsRequest,
  metadataRequest,
  produceRequest,
  type Request,
} from "../support/wire-requests.ts";

const ABSENT_TOPIC = "fuzz-absent";

export function validRequests(topic: string): Request[] {
  const batch = encodeBatch([
    { key: Buffer.from("key"), value: Buffer.from("value"), headers: [["h", Buffer.from("v")]] },
    { key: null, value: Buffer.alloc(40, 0x61), timestampDeltaMs: 5 },
  ]);
  const idempotent = encodeBatch([{ value: Buffer.from("sequenced") }], {
    ...{ producerId: 4_000_000, producerEpoch: 0, baseSequence: 0 },
  });
  return [
    produceRequest(topic, 0, batch),
    produceRequest(topic, 0, batch, 1),
    produceRequest(topic, 0, batch, 0),
    produceRequest(topic, 0, idempotent),
    produceFlexible(topic, batch),
    fetchRequest(topic, 0, 0, { maxBytes: 4096 }),
    fetchFlexible(topic),
    listOffsetsRequest(topic, 0, -1),
    listOffsetsFlexible(topic),
    metadataRequest([topic]),
    metadataFlexible(topic),
    apiVersionsRequest(),
    apiVersionsFlexible(),
    createTopicsRequest(ABSENT_TOPIC, 1, true),
    deleteTopicsRequest([ABSENT_TOPIC]),
    initProducerIdRequest(),
    initProducerIdFlexible(),
    describeConfigs(topic),
    describeCluster(),
    findCoordinator(),
  ];
}

function flexible(apiKey: number, apiVersion: number, body: ByteWriter): Request {
  return { apiKey, apiVersion, body: body.build(), flexible: true };
}

/** A compact array of one element is announced by 2. */
const ONE = 2;

function produceFlexible(topic: string, batch: Buffer): Request {
  const body = new ByteWriter().compactString(null).int16(-1).int32(10_000);
  body.uvarint(ONE).compactString(topic).uvarint(ONE).int32(0).compactBytes(batch);
  return flexible(API.produce, 9, body.noTags().noTags().noTags());
}

function fetchFlexible(topic: string): Request {
  const body = new ByteWriter().int32(-1).int32(0).int32(0).int32(4096).int8(0).int32(0).int32(-1);
  body
    .uvarint(ONE)
    .compactString(topic)
    .uvarint(ONE)
    .int32(0)
    .int32(-1)
    .int64(0)
    .int32(-1)
    .int64(-1)
    .int32(4096);
  return flexible(API.fetch, 12, body.noTags().noTags().uvarint(1).compactString("").noTags());
}

function listOffsetsFlexible(topic: string): Request {
  const body = new ByteWriter().int32(-1).int8(0).uvarint(ONE).compactString(topic).uvarint(ONE);
  return flexible(API.listOffsets, 7, body.int32(0).int32(-1).int64(-3).noTags().noTags().noTags());
}

function metadataFlexible(topic: string): Request {
  const body = new ByteWriter().uvarint(ONE).raw(Buffer.alloc(16)).compactString(topic).noTags();
  return flexible(API.metadata, 12, body.int8(0).int8(0).noTags());
}

function apiVersionsFlexible(): Request {
  return flexible(API.apiVersions, 3, new ByteWriter().compactString("fuzz").compactString("1.0").noTags());
}

function initProducerIdFlexible(): Request {
  const body = new ByteWriter().compactString(null).int32(60_000).int64(-1).int16(-1).noTags();
  return flexible(API.initProducerId, 4, body);
}

function describeConfigs(topic: string): Request {
  const TOPIC_RESOURCE = 2;
  const body = new ByteWriter().int32(1).int8(TOPIC_RESOURCE).string(topic).int32(-1).int8(0);
  return { apiKey: API.describeConfigs, apiVersion: 1, body: body.build() };
}

function describeCluster(): Request {
  return flexible(API.describeCluster, 0, new ByteWriter().int8(0).noTags());
}

function findCoordinator(): Request {
  return {
    apiKey: API.findCoordinator,
    apiVersion: 1,
    body: new ByteWriter().string("group").int8(0).build(),
  };
}
