/** Bytes written by the message classes of Apache's kafka-clients 4.3.1 for the same values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferReader } from "../../../src/base/buffer-reader.ts";
import { BufferWriter } from "../../../src/base/buffer-writer.ts";
import { produceMessage } from "../../../src/protocols/kafka/messages/00-produce.ts";
import { fetchMessage } from "../../../src/protocols/kafka/messages/01-fetch.ts";
import { metadataMessage } from "../../../src/protocols/kafka/messages/03-metadata.ts";
import { apiVersionsMessage } from "../../../src/protocols/kafka/messages/18-api-versions.ts";
import type { Codec } from "../../../src/protocols/kafka/schema.ts";
import { type Encodable, type Fields, ZERO_UUID } from "../../../src/protocols/kafka/types.ts";

const TOPIC_ID = "e0bea0de74a14fe78c0ad2bef97f3ab3";

/** `value` encodes to `hex`, and `hex` decodes to something that encodes to `hex` again. */
function golden<F extends Fields>(codec: Codec<F>, version: number, hex: string, value: Encodable<F>): void {
  const encoded = (given: Encodable<F>) => {
    const writer = new BufferWriter();
    codec.encoder(version)(writer, given);
    return Buffer.concat(writer.finish()).toString("hex");
  };
  assert.equal(encoded(value), hex);
  const decoded = codec.decoder(version)(new BufferReader(Buffer.from(hex, "hex")));
  assert.equal(encoded(decoded as unknown as Encodable<F>), hex);
}

test("ApiVersions request", () => {
  const software = { clientSoftwareName: "apache-kafka-java", clientSoftwareVersion: "4.3.1" };
  golden(apiVersionsMessage.request, 0, "", software);
  golden(apiVersionsMessage.request, 3, "126170616368652d6b61666b612d6a61766106342e332e3100", software);
});

test("ApiVersions response, v3 with two tagged fields", () => {
  const apiKeys = [
    { apiKey: 0, minVersion: 0, maxVersion: 13 },
    { apiKey: 18, minVersion: 0, maxVersion: 4 },
  ];
  const plain = { errorCode: 0, apiKeys, throttleTimeMs: 7 };
  golden(apiVersionsMessage.response, 0, "00000000000200000000000d001200000004", plain);
  golden(
    apiVersionsMessage.response,
    3,
    "00000300000000000d000012000000040000000007020014020e67726f75702e76657273696f6e000000010001080000000000000082",
    {
      ...plain,
      supportedFeatures: [{ name: "group.version", minVersion: 0, maxVersion: 1 }],
      finalizedFeaturesEpoch: 130,
    },
  );
});

test("Metadata request: all topics, and one by name", () => {
  const all = {
    topics: null,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  };
  golden(metadataMessage.request, 1, "ffffffff", all);
  golden(metadataMessage.request, 9, "0001000000", all);
  const one = {
    topics: [{ topicId: ZERO_UUID, name: "bench" }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: true,
  };
  golden(metadataMessage.request, 8, "00000001000562656e6368000001", one);
  golden(metadataMessage.request, 12, "02000000000000000000000000000000000662656e636800000100", one);
});

test("Metadata response", () => {
  const partition = { errorCode: 0, partitionIndex: 2, leaderId: 1, leaderEpoch: 5 };
  const replicas = { replicaNodes: [1], isrNodes: [1], offlineReplicas: [] };
  const value = {
    throttleTimeMs: 0,
    brokers: [{ nodeId: 1, host: "127.0.0.1", port: 9092 }],
    clusterId: "5L6g3nShT-eMCtK--X86sw",
    controllerId: 1,
    topics: [
      {
        errorCode: 0,
        name: "bench",
        topicId: TOPIC_ID,
        partitions: [{ ...partition, ...replicas }],
        topicAuthorizedOperations: 3576,
      },
    ],
    errorCode: 0,
  };
  golden(
    metadataMessage.response,
    1,
    "000000010000000100093132372e302e302e3100002384ffff00000001000000010000000562656e636800000000010000000000020000000100000001000000010000000100000001",
    value,
  );
  golden(
    metadataMessage.response,
    7,
    "00000000000000010000000100093132372e302e302e3100002384ffff0016354c3667336e5368542d654d43744b2d2d583836737700000001000000010000000562656e6368000000000100000000000200000001000000050000000100000001000000010000000100000000",
    value,
  );
  golden(
    metadataMessage.response,
    12,
    "0000000002000000010a3132372e302e302e3100002384000017354c3667336e5368542d654d43744b2d2d5838367377000000010200000662656e6368e0bea0de74a14fe78c0ad2bef97f3ab30002000000000002000000010000000502000000010200000001010000000df80000",
    value,
  );
});

test("Produce response v10 with leader and endpoint as tagged fields", () => {
  golden(
    produceMessage.response,
    10,
    "020662656e636802000000030006ffffffffffffffffffffffffffffffffffffffffffffffff0100010009000000020000000900000000000001000e0200000002026800002385027200",
    {
      responses: [
        {
          name: "bench",
          topicId: ZERO_UUID,
          partitionResponses: [
            {
              index: 3,
              errorCode: 6,
              baseOffset: -1,
              recordErrors: [],
              currentLeader: { leaderId: 2, leaderEpoch: 9 },
            },
          ],
        },
      ],
      nodeEndpoints: [{ nodeId: 2, host: "h", port: 9093, rack: "r" }],
    },
  );
});

test("Fetch request v18 with tagged fields at both levels", () => {
  golden(
    fetchMessage.request,
    18,
    "000001f4000000017fffffff0000000000ffffffff02e0bea0de74a14fe78c0ad2bef97f3ab30200000001ffffffff0000000200000000ffffffffffffffffffffffff00100000010108000000000000004d0001010200020263010d00000004000001000000000000",
    {
      clusterId: "c",
      replicaState: { replicaId: 4, replicaEpoch: 2 ** 40 },
      maxWaitMs: 500,
      minBytes: 1,
      topics: [
        {
          topic: "",
          topicId: TOPIC_ID,
          partitions: [{ partition: 1, fetchOffset: 2 ** 33, partitionMaxBytes: 1048576, highWatermark: 77 }],
        },
      ],
      forgottenTopicsData: [],
    },
  );
});
