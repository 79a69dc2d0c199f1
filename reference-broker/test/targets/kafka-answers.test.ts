/**
 * The same requests to the reference broker and to a real Apache Kafka, answers compared field by field. What cannot be
 * equal (ids, addresses, wording) is masked; where the two differ on purpose the request is not here.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { BufferReader } from "../../src/base/buffer-reader.ts";
import { BufferWriter } from "../../src/base/buffer-writer.ts";
import { errorCodes } from "../../src/protocols/kafka/error-codes.ts";
import { listOffsetsMessage } from "../../src/protocols/kafka/messages/02-list-offsets.ts";
import { metadataMessage } from "../../src/protocols/kafka/messages/03-metadata.ts";
import { findCoordinatorMessage } from "../../src/protocols/kafka/messages/10-find-coordinator.ts";
import { apiVersionsMessage } from "../../src/protocols/kafka/messages/18-api-versions.ts";
import { createTopicsMessage } from "../../src/protocols/kafka/messages/19-create-topics.ts";
import { deleteTopicsMessage } from "../../src/protocols/kafka/messages/20-delete-topics.ts";
import { initProducerIdMessage } from "../../src/protocols/kafka/messages/22-init-producer-id.ts";
import { describeConfigsMessage } from "../../src/protocols/kafka/messages/32-describe-configs.ts";
import { describeClusterMessage } from "../../src/protocols/kafka/messages/60-describe-cluster.ts";
import type { Message } from "../../src/protocols/kafka/schema.ts";
import { type Decoded, type Encodable, type Fields, ZERO_UUID } from "../../src/protocols/kafka/types.ts";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { Connection } from "../support/connection.ts";
import { javaUnavailable } from "../support/kafka-install.ts";

interface Side {
  readonly broker: BrokerProcess;
  readonly connection: Connection;
}

const NEW_PRODUCER = { transactionalId: null, transactionTimeoutMs: 1000 };

const unavailable = javaUnavailable();
const options = { skip: unavailable ?? false };
const sides: Side[] = [];

before(async () => {
  if (unavailable !== null) return;
  for (const target of ["kafka", "reference"] as const) {
    const broker = await startBroker({ target });
    sides.push({ broker, connection: await Connection.open(broker.host, broker.port) });
  }
  await Promise.all(sides.map(untilProducersAreServed));
  const topics = [
    topic("t", { numPartitions: 2 }),
    topic("col.x"),
    topic("cfg", config("retention.ms", "1000")),
  ];
  await same(createTopicsMessage, 4, { topics });
});

after(async () => {
  for (const { broker, connection } of sides) {
    connection.close();
    await broker.discard();
  }
});

/** Kafka answers with COORDINATOR_LOAD_IN_PROGRESS until it has its first block of producer ids. */
async function untilProducersAreServed(side: Side): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const answer = await ask(side, initProducerIdMessage, 0, NEW_PRODUCER);
    if (answer.errorCode === errorCodes.NONE) return;
    await setTimeout(100);
  }
  assert.fail(`${side.broker.target} gives out no producer ids`);
}

async function ask<Req extends Fields, Res extends Fields>(
  { connection }: Side,
  message: Message<Req, Res>,
  apiVersion: number,
  request: Encodable<Req>,
): Promise<Decoded<Res>> {
  const writer = new BufferWriter();
  message.request.encoder(apiVersion)(writer, request);
  const flexible = apiVersion >= message.flexible;
  const body = Buffer.concat(writer.finish());
  const answer = new BufferReader(
    await connection.send({ apiKey: message.apiKey, apiVersion, body, flexible }),
  );
  if (flexible && message.apiKey !== apiVersionsMessage.apiKey) answer.skipTaggedFields();
  const response = message.response.decoder(apiVersion)(answer);
  assert.equal(answer.remaining, 0);
  return response;
}

/** Asks both; a request that needs a topic's id is made per side. */
async function same<Req extends Fields, Res extends Fields>(
  message: Message<Req, Res>,
  version: number,
  request: Encodable<Req> | ((side: Side) => Promise<Encodable<Req>>),
): Promise<void> {
  const answers = [];
  for (const side of sides) {
    const made = typeof request === "function" ? await request(side) : request;
    answers.push(masked(await ask(side, message, version, made)));
  }
  const [kafka, reference] = answers;
  assert.deepEqual(reference, kafka, `${message.name} v${version} ${JSON.stringify(request)}`);
}

const MASKED = new Set(["clusterId", "host", "port", "documentation", "errorMessage", "producerId"]);

/** Without what differs between any two brokers; lists in one order. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) {
    const elements = value.map(masked);
    return elements.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([name]) => !MASKED.has(name));
  return Object.fromEntries(
    entries.map(([name, member]) => [name, name === "topicId" ? isId(member) : masked(member)]),
  );
}

const isId = (id: unknown) => (id === ZERO_UUID ? "none" : "an id");

function topic(name: string, changes = {}) {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...changes };
}
function config(name: string, value: string | null) {
  return { configs: [{ name, value }] };
}
function assigned(...replicas: number[][]) {
  const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));
  return { numPartitions: -1, replicationFactor: -1, assignments };
}
async function idOf(side: Side, name: string): Promise<string> {
  const answer = await ask(side, metadataMessage, 12, metadataRequest([{ name, topicId: ZERO_UUID }]));
  return answer.topics[0]!.topicId;
}
function metadataRequest(topics: { name: string | null; topicId: string }[] | null) {
  const asked = { includeClusterAuthorizedOperations: true, includeTopicAuthorizedOperations: true };
  return { topics, allowAutoTopicCreation: false, ...asked };
}

test("CreateTopics refuses what Kafka refuses", options, async () => {
  const cases = [
    topic("t"),
    topic("p", { numPartitions: 0 }),
    topic("p", { numPartitions: -2 }),
    topic("p", { replicationFactor: 2 }),
    topic("p", { replicationFactor: 0 }),
    topic("p", { replicationFactor: 0, numPartitions: 0 }),
    topic("p", { replicationFactor: 2, numPartitions: 0 }),
    topic("p", { numPartitions: 10_001 }),
    topic("p", config("no.such", "1")),
    topic("p", config("retention.ms", "x")),
    topic("p", config("retention.ms", null)),
    topic("p", config("segment.bytes", "1000")),
    topic("p", config("compression.gzip.level", "0")),
    topic("p", { numPartitions: 0, ...config("retention.ms", "x") }),
    topic("p", { ...assigned([1]), numPartitions: 1 }),
    topic("p", { ...assigned([1]), replicationFactor: 1 }),
    topic("p", assigned([9])),
    topic("p", assigned([])),
    topic("p", assigned([1, 1])),
    ...["", ".", "a/b", "x".repeat(250), "col_x"].map((name) => topic(name)),
  ];
  for (const wanted of cases) await same(createTopicsMessage, 7, { topics: [wanted] });
});

test("Metadata finds and misses as Kafka does, in every version", options, async () => {
  for (let version = 4; version <= 13; version++) {
    for (const name of ["t", "nope", "a/b"]) {
      await same(metadataMessage, version, metadataRequest([{ name, topicId: ZERO_UUID }]));
    }
    await same(metadataMessage, version, metadataRequest([]));
    await same(metadataMessage, version, metadataRequest(null));
  }
  const byId = async (side: Side) => metadataRequest([{ name: null, topicId: await idOf(side, "t") }]);
  await same(metadataMessage, 12, byId);
  await same(metadataMessage, 13, metadataRequest([{ name: null, topicId: "ab".repeat(16) }]));
});

test("ListOffsets answers every place in every version", options, async () => {
  for (let version = 1; version <= 11; version++) {
    for (const timestamp of [-1, -2, -3, -4, -5, -6, -7, 0, 1e12]) {
      const partitions = [0, 1, 2, -1].map((partitionIndex) => ({ partitionIndex, timestamp }));
      const topics = [
        { name: "t", partitions },
        { name: "nope", partitions },
      ];
      await same(listOffsetsMessage, version, { replicaId: -1, isolationLevel: 0, timeoutMs: 1000, topics });
    }
  }
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: 99, timestamp: -1 }];
  const topics = [{ name: "t", partitions }];
  await same(listOffsetsMessage, 7, { replicaId: -1, isolationLevel: 0, timeoutMs: 1000, topics });
});

test("DeleteTopics refuses what Kafka refuses, and deletes", options, async () => {
  const request = (topics: { name: string | null; topicId: string }[]) => ({
    topics,
    topicNames: topics.map(({ name }) => name ?? ""),
    timeoutMs: 5000,
  });
  const named = (name: string | null) => ({ name, topicId: ZERO_UUID });
  for (const version of [1, 4, 5, 6]) {
    await same(deleteTopicsMessage, version, request([named("nope")]));
    await same(deleteTopicsMessage, version, request([named("t"), named("t")]));
  }
  await same(deleteTopicsMessage, 6, request([{ name: null, topicId: "ab".repeat(16) }]));
  await same(deleteTopicsMessage, 6, request([named(null)]));
  const both = async (side: Side) => request([{ name: "t", topicId: await idOf(side, "t") }]);
  await same(deleteTopicsMessage, 6, both);
  await same(createTopicsMessage, 7, { topics: [topic("gone", { numPartitions: 0 })] });
  await same(createTopicsMessage, 4, { topics: [topic("gone")] });
  await same(deleteTopicsMessage, 6, async (side) =>
    request([{ name: null, topicId: await idOf(side, "gone") }]),
  );
});

test(
  "DescribeConfigs shows the same settings with the same defaults, types and sources",
  options,
  async () => {
    const resource = (
      resourceType: number,
      resourceName: string,
      configurationKeys: string[] | null = null,
    ) => ({
      resources: [{ resourceType, resourceName, configurationKeys }],
    });
    // Kafka shows min.insync.replicas with a source of its own making, a dynamic default of the cluster.
    const [kafka, reference] = await Promise.all(
      sides.map(async (side) => {
        const { results } = await ask(side, describeConfigsMessage, 4, resource(2, "cfg"));
        return masked(results[0]!.configs.filter(({ name }) => name !== "min.insync.replicas"));
      }),
    );
    assert.deepEqual(reference, kafka);
    for (const asked of [resource(2, "nope"), resource(2, "a/b"), resource(4, "7"), resource(77, "x")]) {
      await same(describeConfigsMessage, 4, asked);
    }
  },
);

test(
  "ApiVersions, FindCoordinator, InitProducerId and DescribeCluster refuse and answer alike",
  options,
  async () => {
    const software = (clientSoftwareName: string) => ({ clientSoftwareName, clientSoftwareVersion: "1" });
    await same(apiVersionsMessage, 3, software("-x"));
    for (const [version, keyType] of [
      [1, 3],
      [1, -1],
      [6, 9],
      [5, 2],
    ] as const) {
      await same(findCoordinatorMessage, version, { key: "g", keyType, coordinatorKeys: ["g", "h"] });
    }
    for (const version of [0, 2, 5]) await same(initProducerIdMessage, version, NEW_PRODUCER);
    await same(initProducerIdMessage, 5, { ...NEW_PRODUCER, producerId: 0, producerEpoch: 3 });
    await same(initProducerIdMessage, 5, { ...NEW_PRODUCER, producerId: 0 });
    for (const endpointType of [1, 2, 7]) {
      const flags = { includeClusterAuthorizedOperations: true, includeFencedBrokers: false };
      await same(describeClusterMessage, 2, { endpointType, ...flags });
    }
  },
);
