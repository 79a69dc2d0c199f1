/** Topic administration and time lookups as Java's Admin, kafkajs' admin and kcat do them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import kafkajs, { type Admin } from "kafkajs";
import { type BrokerProcess, startBroker, targetFromEnvironment } from "../support/broker-process.ts";
import { connectWhenReady, createTopic, offsetFor, produce } from "../support/client.ts";
import type { Connection } from "../support/connection.ts";
import { javaUnavailable } from "../support/kafka-install.ts";
import { encodeBatch } from "../support/wire-batch.ts";
import { JavaClient } from "./java-client.ts";
import { kafkajsClient } from "./kafkajs-client.ts";
import { kcatProduce, kcatUnavailable, runKcat } from "./kcat-client.ts";

const noJava = javaUnavailable();
const noKcat = kcatUnavailable();
const notRun = (reason: string | null) => (reason === null ? false : `not run: ${reason}`);

let broker: BrokerProcess;
let connection: Connection;

before(async () => {
  broker = await startBroker({ target: targetFromEnvironment() });
  connection = await connectWhenReady(broker.host, broker.port);
});

after(async () => {
  connection?.close();
  await broker?.discard();
});

const RETENTION_MS = "7200000";

describe("Java Admin", { skip: notRun(noJava) }, () => {
  let java: JavaClient;
  const call = <T>(op: string, request: Record<string, unknown> = {}) =>
    java.call<T>(op, { bootstrap: broker.bootstrap, ...request });
  before(() => {
    java = new JavaClient();
  });
  after(() => java.close());

  it("creates, describes, configures and deletes a topic", async () => {
    const topic = "admin-java";
    const configs = { "retention.ms": RETENTION_MS };
    const created = await call<{ partitions: number; topicId: string }>("createTopic", {
      ...{ topic, partitions: 3, configs },
    });
    assert.equal(created.partitions, 3);
    const described = await call("describeTopic", { topic });
    assert.deepEqual(described, { topicId: created.topicId, partitions: 3, listed: true });
    const config = await call<Record<string, string>>("describeConfigs", { topic });
    assert.equal(config["retention.ms"], RETENTION_MS);
    assert.equal(config["cleanup.policy"], "delete");
    await assert.rejects(call("createTopic", { topic, partitions: 1 }), /TopicExistsException/);
    await call("deleteTopic", { topic });
    await assert.rejects(call("describeTopic", { topic }), /UnknownTopicOrPartitionException/);
    await assert.rejects(call("deleteTopic", { topic }), /UnknownTopicOrPartitionException/);
  });

  it("refuses a wrong topic name and a wrong setting", async () => {
    await assert.rejects(call("createTopic", { topic: "no/slash", partitions: 1 }), /InvalidTopicException/);
    const request = { topic: "admin-bad", partitions: 1, configs: { "retention.ms": "soon" } };
    await assert.rejects(call("createTopic", request), /InvalidConfigurationException/);
  });

  it("reads the broker's time from a topic with LogAppendTime, with CRCs checked", async () => {
    const topic = "append-time";
    const configs = { "message.timestamp.type": "LogAppendTime" };
    await call("createTopic", { topic, partitions: 1, configs });
    const startedAt = Date.now();
    const messages = ["a", "b"].map((text) => ({
      ...{ key: null, value: Buffer.from(text), headers: [], timestampMs: startedAt - 50_000 },
    }));
    await java.produce(broker.bootstrap, topic, 0, messages, {
      "compression.type": "lz4",
      "linger.ms": "50",
    });
    const read = await call<{ timestamp: number; timestampType: string }[]>("consume", {
      ...{ topic, partition: 0, from: 0 },
    });
    assert.equal(read.length, 2);
    for (const { timestamp, timestampType } of read) {
      assert.equal(timestampType, "LOG_APPEND_TIME");
      assert.ok(
        timestamp >= startedAt && timestamp <= Date.now(),
        `${timestamp - startedAt} ms after the start`,
      );
    }
  });

  it("describes the cluster", async () => {
    const cluster = await call<{ clusterId: string; nodes: number; controller: number }>("describeCluster");
    assert.equal(cluster.nodes, 1);
    assert.ok(cluster.clusterId.length > 0);
    assert.ok(cluster.controller >= 0);
  });

  it("creates a topic by producing to it", async () => {
    const messages = [{ key: null, value: Buffer.from("auto"), headers: [], timestampMs: null }];
    assert.deepEqual(await java.produce(broker.bootstrap, "auto-java", 0, messages), [0]);
  });
});

describe("kafkajs admin", () => {
  let admin: Admin;
  before(async () => {
    admin = kafkajsClient(broker.bootstrap).admin();
    await admin.connect();
  });
  after(() => admin.disconnect());

  it("creates, describes and deletes a topic", async () => {
    const topic = "admin-kafkajs";
    const configEntries = [{ name: "retention.ms", value: RETENTION_MS }];
    assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] }), true);
    assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }), false);
    assert.ok((await admin.listTopics()).includes(topic));
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    assert.deepEqual(topics[0]!.partitions.map(({ partitionId }) => partitionId).sort(), [0, 1]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    const entries = resources[0]!.configEntries;
    assert.equal(entries.find(({ configName }) => configName === "retention.ms")?.configValue, RETENTION_MS);
    await produce(
      connection,
      topic,
      1,
      encodeBatch([{ value: Buffer.from("a") }, { value: Buffer.from("b") }]),
    );
    const offsets = await admin.fetchTopicOffsets(topic);
    assert.deepEqual(
      offsets.sort((a, b) => a.partition - b.partition).map(({ low, high }) => [low, high]),
      [
        ["0", "0"],
        ["0", "2"],
      ],
    );
    await admin.deleteTopics({ topics: [topic] });
    assert.ok(!(await admin.listTopics()).includes(topic));
  });

  it("describes the cluster", async () => {
    const { brokers, clusterId } = await admin.describeCluster();
    assert.equal(brokers.length, 1);
    assert.equal(brokers[0]!.port, broker.port);
    assert.ok(clusterId.length > 0);
  });
});

describe("kcat", { skip: notRun(noKcat) }, () => {
  it("lists topics, and creates one by producing to it", async () => {
    const message = { key: null, value: Buffer.from("auto"), headers: [], timestampMs: null };
    await kcatProduce(broker.bootstrap, "auto-kcat", 0, [message]);
    const listing = JSON.parse((await runKcat(["-L", "-J", "-b", broker.bootstrap])).toString("utf8")) as {
      brokers: { name: string }[];
      topics: { topic: string; partitions: { leader: number }[] }[];
    };
    assert.equal(listing.brokers[0]?.name, broker.bootstrap);
    const found = listing.topics.find(({ topic }) => topic === "auto-kcat");
    assert.ok(found !== undefined && found.partitions[0]!.leader >= 0);
  });
});

describe("offset by time", () => {
  const topic = "times";
  const start = Date.now() - 60_000;
  // Times run backwards inside the first batch: the answer is the first offset at or after, not the nearest time.
  const lookups: readonly (readonly [label: string, timestamp: number, offset: number | null])[] = [
    ["before all", start - 1000, 0],
    ["equal to the first", start, 0],
    ["just after the first", start + 1, 1],
    ["between, hidden behind a later one", start + 2000, 1],
    ["in the second batch", start + 3001, 4],
    ["the last", start + 5000, 4],
    ["after all", start + 5001, null],
  ];
  before(async () => {
    await createTopic(connection, topic, 1);
    const value = Buffer.from("x");
    const records = (deltas: readonly number[]) =>
      deltas.map((timestampDeltaMs) => ({ value, timestampDeltaMs }));
    await produce(connection, topic, 0, encodeBatch(records([0, 3000, 2000]), { baseTimestamp: start }));
    await produce(connection, topic, 0, encodeBatch(records([0, 2500]), { baseTimestamp: start + 2500 }));
  });

  it("by the raw protocol", async () => {
    for (const [label, timestamp, offset] of lookups) {
      assert.equal(await offsetFor(connection, topic, 0, timestamp), offset ?? -1, label);
    }
  });

  it("by the Java consumer", { skip: notRun(noJava) }, async () => {
    const java = new JavaClient();
    try {
      const timestamps = lookups.map(([, timestamp]) => timestamp);
      const request = { bootstrap: broker.bootstrap, topic, partition: 0, timestamps };
      const answers = await java.call<([number, number] | null)[]>("offsetsForTimes", request);
      assert.deepEqual(
        answers.map((answer) => answer?.[0] ?? null),
        lookups.map(([, , offset]) => offset),
      );
    } finally {
      await java.close();
    }
  });

  it("by kcat", { skip: notRun(noKcat) }, async () => {
    for (const [label, timestamp, offset] of lookups) {
      const output = await runKcat(["-Q", "-b", broker.bootstrap, "-t", `${topic}:0:${timestamp}`]);
      const found = /offset (-?\d+)/.exec(output.toString("utf8"))?.[1];
      assert.equal(found, String(offset ?? -1), label);
    }
  });

  it("by kafkajs' admin", async () => {
    const admin = kafkajsClient(broker.bootstrap).admin();
    await admin.connect();
    try {
      for (const [label, timestamp, offset] of lookups) {
        const [answer] = await admin.fetchTopicOffsetsByTimestamp(topic, timestamp);
        // kafkajs turns "none" into the log end.
        assert.equal(answer?.offset, String(offset ?? 5), label);
      }
    } finally {
      await admin.disconnect();
    }
  });
});
