/** FindCoordinator, ApiVersions, InitProducerId, DescribeConfigs, DescribeCluster and the places of ListOffsets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCodes } from "../../../../src/protocols/kafka/error-codes.ts";
import { listOffsetsMessage } from "../../../../src/protocols/kafka/messages/02-list-offsets.ts";
import { findCoordinatorMessage } from "../../../../src/protocols/kafka/messages/10-find-coordinator.ts";
import { apiVersionsMessage } from "../../../../src/protocols/kafka/messages/18-api-versions.ts";
import { initProducerIdMessage } from "../../../../src/protocols/kafka/messages/22-init-producer-id.ts";
import { describeConfigsMessage } from "../../../../src/protocols/kafka/messages/32-describe-configs.ts";
import { describeClusterMessage } from "../../../../src/protocols/kafka/messages/60-describe-cluster.ts";
import { NODE_ID, openTestBroker } from "./ask.ts";

test("this node coordinates groups and transactions, singly and in batches; other key types are errors", async () => {
  await using broker = await openTestBroker();
  const ask = (version: number, keyType: number) =>
    broker.ask(findCoordinatorMessage, version, { key: "k", keyType, coordinatorKeys: ["k", "l"] });
  for (const [version, keyType] of [
    [0, 0],
    [3, 1],
    [1, 0],
  ] as const) {
    const { errorCode, nodeId, port } = await ask(version, keyType);
    assert.deepEqual([errorCode, nodeId, port], [errorCodes.NONE, NODE_ID, 9092]);
  }
  const batch = await ask(4, 0);
  assert.deepEqual(
    batch.coordinators.map(({ key, nodeId, errorCode }) => [key, nodeId, errorCode]),
    [
      ["k", NODE_ID, errorCodes.NONE],
      ["l", NODE_ID, errorCodes.NONE],
    ],
  );
  assert.equal((await ask(1, 7)).errorCode, errorCodes.INVALID_REQUEST);
  assert.equal((await ask(4, 7)).coordinators[1]!.errorCode, errorCodes.INVALID_REQUEST);
  assert.equal((await ask(5, 2)).coordinators[0]!.errorCode, errorCodes.INVALID_REQUEST);
  assert.equal((await ask(6, 2)).coordinators[0]!.errorCode, errorCodes.NONE);
});

test("ApiVersions checks the software's name and version from v3 on", async () => {
  await using broker = await openTestBroker();
  const ask = (version: number, clientSoftwareName: string) =>
    broker.ask(apiVersionsMessage, version, { clientSoftwareName, clientSoftwareVersion: "1.0" });
  for (const name of ["librdkafka", "apache-kafka-java", "a"]) {
    assert.equal((await ask(3, name)).errorCode, errorCodes.NONE, name);
  }
  for (const name of ["", "-a", "a-", "a b", "a_b"]) {
    assert.equal((await ask(3, name)).errorCode, errorCodes.INVALID_REQUEST, name);
  }
  assert.notEqual((await ask(0, "")).apiKeys.length, 0);
});

test("every producer gets an id of its own; transactions are not offered", async () => {
  await using broker = await openTestBroker();
  const ask = (changes: object = {}) =>
    broker.ask(initProducerIdMessage, 5, { transactionalId: null, transactionTimeoutMs: 1000, ...changes });
  const first = await ask();
  const second = await ask({ producerId: first.producerId, producerEpoch: 0 });
  assert.equal(first.errorCode, errorCodes.NONE);
  assert.equal(second.errorCode, errorCodes.NONE);
  assert.notEqual(first.producerId, second.producerId);
  assert.deepEqual([first.producerEpoch, second.producerEpoch], [0, 0]);
  assert.equal((await ask({ producerId: 1 })).errorCode, errorCodes.INVALID_REQUEST);
  const transactional = await ask({ transactionalId: "t" });
  assert.deepEqual([transactional.errorCode, transactional.producerId], [errorCodes.UNSUPPORTED_VERSION, -1]);
});

test("DescribeConfigs answers for topics and this broker, all settings or those asked for", async () => {
  await using broker = await openTestBroker();
  await broker.engine.createTopic("t", 1, { "retention.ms": "1000" });
  const ask = async (
    resourceType: number,
    resourceName: string,
    configurationKeys: string[] | null = null,
  ) => {
    const resources = [{ resourceType, resourceName, configurationKeys }];
    const { results } = await broker.ask(describeConfigsMessage, 4, { resources });
    return results[0]!;
  };
  const [setting, ...others] = (await ask(2, "t", ["retention.ms", "no.such"])).configs;
  assert.deepEqual(others, []);
  assert.deepEqual([setting!.value, setting!.configSource], ["1000", 1]);
  assert.deepEqual([setting!.synonyms, setting!.documentation], [[], null]);
  assert.deepEqual((await ask(2, "t", [])).configs, (await ask(2, "t")).configs);
  const [partitions] = (await ask(4, String(NODE_ID), ["num.partitions"])).configs;
  assert.deepEqual([partitions!.value, partitions!.readOnly], ["2", true]);
  assert.deepEqual((await ask(4, "")).configs, []);
  assert.equal((await ask(2, "nope")).errorCode, errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal((await ask(2, "a/b")).errorCode, errorCodes.INVALID_TOPIC_EXCEPTION);
  assert.equal((await ask(4, "7")).errorCode, errorCodes.INVALID_REQUEST);
  assert.equal((await ask(16, "x")).errorCode, errorCodes.INVALID_REQUEST);
});

test("DescribeCluster knows brokers, not controllers", async () => {
  await using broker = await openTestBroker();
  const ask = (endpointType: number, includeClusterAuthorizedOperations = false) => {
    const flags = { includeClusterAuthorizedOperations, includeFencedBrokers: false };
    return broker.ask(describeClusterMessage, 2, { endpointType, ...flags });
  };
  const answer = await ask(1, true);
  assert.equal(answer.clusterId, broker.engine.clusterId);
  assert.deepEqual(
    answer.brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced]),
    [[NODE_ID, false]],
  );
  assert.equal(answer.clusterAuthorizedOperations, 8096);
  assert.equal((await ask(1)).clusterAuthorizedOperations, -2147483648);
  assert.equal((await ask(2)).errorCode, errorCodes.MISMATCHED_ENDPOINT_TYPE);
  assert.equal((await ask(3)).errorCode, errorCodes.UNSUPPORTED_ENDPOINT_TYPE);
});

test("ListOffsets in an empty log, for what does not exist, and for places the version does not know", async () => {
  await using broker = await openTestBroker();
  await broker.engine.createTopic("t", 1, {});
  const ask = async (version: number, timestamp: number, changes: object = {}) => {
    const { name = "t", ...partition } = changes as { name?: string };
    const partitions = [{ partitionIndex: 0, timestamp, ...partition }];
    const request = { replicaId: -1, isolationLevel: 0, timeoutMs: 0, topics: [{ name, partitions }] };
    const answer = await broker.ask(listOffsetsMessage, version, request);
    const { errorCode, offset, timestamp: found } = answer.topics[0]!.partitions[0]!;
    return [errorCode, offset, found];
  };
  for (const place of [-1, -2, -4])
    assert.deepEqual(await ask(11, place), [errorCodes.NONE, 0, -1], `${place}`);
  for (const place of [-3, -5, -6, 0, Date.now()]) {
    assert.deepEqual(await ask(11, place), [errorCodes.NONE, -1, -1], `${place}`);
  }
  const unsupported = [errorCodes.UNSUPPORTED_VERSION, -1, -1];
  for (const [version, place] of [
    [6, -3],
    [7, -4],
    [8, -5],
    [10, -6],
    [11, -7],
  ] as const) {
    assert.deepEqual(await ask(version, place), unsupported, `v${version} ${place}`);
  }
  const unknown = [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, -1, -1];
  assert.deepEqual(await ask(7, -1, { name: "nope" }), unknown);
  assert.deepEqual(await ask(7, -1, { partitionIndex: 1 }), unknown);
  assert.deepEqual(await ask(7, -1, { partitionIndex: -1 }), unknown);
  assert.deepEqual(await ask(7, -1, { currentLeaderEpoch: 99 }), [errorCodes.UNKNOWN_LEADER_EPOCH, -1, -1]);
});

test("a partition that stands twice in ListOffsets is refused", async () => {
  await using broker = await openTestBroker();
  await broker.engine.createTopic("t", 1, {});
  const partition = { partitionIndex: 0, timestamp: -1 };
  const topics = [{ name: "t", partitions: [partition, partition] }];
  const answer = await broker.ask(listOffsetsMessage, 1, {
    replicaId: -1,
    isolationLevel: 0,
    timeoutMs: 0,
    topics,
  });
  for (const { errorCode } of answer.topics[0]!.partitions)
    assert.equal(errorCode, errorCodes.INVALID_REQUEST);
});
