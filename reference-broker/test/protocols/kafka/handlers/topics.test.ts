/** CreateTopics and DeleteTopics. Results as Apache Kafka 4.3.1 gave them for the same requests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCodes } from "../../../../src/protocols/kafka/error-codes.ts";
import { createTopicsMessage } from "../../../../src/protocols/kafka/messages/19-create-topics.ts";
import { deleteTopicsMessage } from "../../../../src/protocols/kafka/messages/20-delete-topics.ts";
import { ZERO_UUID } from "../../../../src/protocols/kafka/types.ts";
import { NODE_ID, openTestBroker, type TestBroker, UNKNOWN_ID } from "./ask.ts";

const topic = (name: string, changes = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...changes,
});
const assigned = (...assignments: [partitionIndex: number, ...brokerIds: number[]][]) => ({
  numPartitions: -1,
  replicationFactor: -1,
  assignments: assignments.map(([partitionIndex, ...brokerIds]) => ({ partitionIndex, brokerIds })),
});
const configured = (name: string, value: string | null) => ({ configs: [{ name, value }] });

type Topics = ReturnType<typeof topic>[];

async function create(broker: TestBroker, topics: Topics, validateOnly = false) {
  const answer = await broker.ask(createTopicsMessage, 7, { topics, validateOnly });
  return answer.topics.map(({ name, errorCode }) => [name, errorCode]);
}

test("each check of a new topic has its own error", async () => {
  await using broker = await openTestBroker();
  await create(broker, [topic("taken"), topic("col.x")]);
  const refused: [changes: object, errorCode: number, name?: string][] = [
    [{}, errorCodes.TOPIC_ALREADY_EXISTS, "taken"],
    [{}, errorCodes.INVALID_TOPIC_EXCEPTION, "col_x"],
    [{}, errorCodes.INVALID_TOPIC_EXCEPTION, ".."],
    [{ numPartitions: 0 }, errorCodes.INVALID_PARTITIONS],
    [{ numPartitions: -2 }, errorCodes.INVALID_PARTITIONS],
    [{ replicationFactor: 0 }, errorCodes.INVALID_REPLICATION_FACTOR],
    [{ replicationFactor: 2 }, errorCodes.INVALID_REPLICATION_FACTOR],
    [{ numPartitions: 10_001 }, errorCodes.POLICY_VIOLATION],
    [configured("no.such", "1"), errorCodes.INVALID_CONFIG],
    [configured("retention.ms", "soon"), errorCodes.INVALID_CONFIG],
    [configured("retention.ms", null), errorCodes.INVALID_CONFIG],
    [{ ...assigned([0, NODE_ID]), numPartitions: 1 }, errorCodes.INVALID_REQUEST],
    [{ ...assigned([0, NODE_ID]), replicationFactor: 1 }, errorCodes.INVALID_REQUEST],
    [assigned([0, 9]), errorCodes.INVALID_REPLICA_ASSIGNMENT],
    [assigned([1, NODE_ID]), errorCodes.INVALID_REPLICA_ASSIGNMENT],
    [assigned([0, NODE_ID], [0, NODE_ID]), errorCodes.INVALID_REPLICA_ASSIGNMENT],
    [assigned([0]), errorCodes.INVALID_REPLICA_ASSIGNMENT],
    [assigned([0, NODE_ID, NODE_ID]), errorCodes.INVALID_REPLICA_ASSIGNMENT],
  ];
  for (const [changes, errorCode, name = "new"] of refused) {
    const wanted = topic(name, changes);
    assert.deepEqual(await create(broker, [wanted]), [[name, errorCode]], JSON.stringify(wanted));
    assert.deepEqual(await create(broker, [wanted], true), [[name, errorCode]], "validateOnly");
  }
  assert.deepEqual([...broker.engine.topics.keys()], ["taken", "col.x"]);
});

test("good topics are created beside bad ones; a name that stands twice is not created", async () => {
  await using broker = await openTestBroker();
  const topics = [topic("good"), topic("twice"), topic("twice"), topic("bad", { numPartitions: 0 })];
  assert.deepEqual(await create(broker, topics), [
    ["good", errorCodes.NONE],
    ["twice", errorCodes.INVALID_REQUEST],
    ["bad", errorCodes.INVALID_PARTITIONS],
  ]);
  assert.deepEqual([...broker.engine.topics.keys()], ["good"]);
});

test("counts of -1 take the broker's defaults, an assignment says the count; the answer tells what became of it", async () => {
  await using broker = await openTestBroker();
  const topics = [
    topic("default", { numPartitions: -1, replicationFactor: -1, ...configured("retention.ms", " 1000 ") }),
    topic("assigned", assigned([2, NODE_ID], [0, NODE_ID], [1, NODE_ID])),
  ];
  const answer = await broker.ask(createTopicsMessage, 7, { topics });
  assert.deepEqual(
    answer.topics.map(({ errorCode, numPartitions, replicationFactor }) => [
      errorCode,
      numPartitions,
      replicationFactor,
    ]),
    [
      [errorCodes.NONE, 2, 1],
      [errorCodes.NONE, 3, 1],
    ],
  );
  const made = broker.engine.topics.get("default")!;
  assert.equal(answer.topics[0]!.topicId, made.id);
  assert.equal(made.config.retentionMs, 1000);
  const config = answer.topics[0]!.configs!.find(({ name }) => name === "retention.ms")!;
  assert.equal(config.value, "1000");
  assert.equal(broker.engine.topics.get("assigned")!.partitions.length, 3);
});

test("validateOnly creates nothing", async () => {
  await using broker = await openTestBroker();
  assert.deepEqual(await create(broker, [topic("new")], true), [["new", errorCodes.NONE]]);
  assert.equal(broker.engine.topics.size, 0);
});

test("of several who create one topic at once, one succeeds", async () => {
  await using broker = await openTestBroker();
  const answers = await Promise.all(Array.from({ length: 5 }, () => create(broker, [topic("t")])));
  const errors = answers.map(([result]) => result![1]);
  assert.equal(errors.filter((error) => error === errorCodes.NONE).length, 1);
  assert.equal(errors.filter((error) => error === errorCodes.TOPIC_ALREADY_EXISTS).length, 4);
});

test("topics are deleted by name and by id, and what cannot be is told", async () => {
  await using broker = await openTestBroker();
  await broker.engine.createTopic("old-style", 1, {});
  const old = await broker.ask(deleteTopicsMessage, 1, request({ topicNames: ["old-style", "nope"] }));
  assert.deepEqual(
    old.responses.map(({ name, errorCode }) => [name, errorCode]),
    [
      ["old-style", errorCodes.NONE],
      ["nope", errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    ],
  );
  const { id } = await broker.engine.createTopic("a", 1, {});
  const b = await broker.engine.createTopic("b", 1, {});
  const topics = [
    { name: null, topicId: id },
    { name: null, topicId: UNKNOWN_ID },
    { name: null, topicId: ZERO_UUID },
    { name: "b", topicId: b.id },
  ];
  const answer = await broker.ask(deleteTopicsMessage, 6, request({ topics }));
  assert.deepEqual(
    answer.responses.map(({ name, topicId, errorCode }) => [name, topicId, errorCode]),
    [
      ["a", id, errorCodes.NONE],
      [null, UNKNOWN_ID, errorCodes.UNKNOWN_TOPIC_ID],
      [null, ZERO_UUID, errorCodes.INVALID_REQUEST],
      ["b", b.id, errorCodes.INVALID_REQUEST],
    ],
  );
  assert.deepEqual([...broker.engine.topics.keys()], ["b"]);
});

test("a topic that stands twice, also once by name and once by id, is refused once and stays", async () => {
  await using broker = await openTestBroker();
  const { id } = await broker.engine.createTopic("a", 1, {});
  const topics = [
    { name: "a", topicId: ZERO_UUID },
    { name: null, topicId: id },
  ];
  const answer = await broker.ask(deleteTopicsMessage, 6, request({ topics }));
  assert.deepEqual(
    answer.responses.map(({ errorCode }) => errorCode),
    [errorCodes.INVALID_REQUEST],
  );
  assert.equal(broker.engine.topics.has("a"), true);
});

test("a topic made anew under a deleted name has another id", async () => {
  await using broker = await openTestBroker();
  const first = await broker.engine.createTopic("a", 1, {});
  await broker.ask(deleteTopicsMessage, 1, request({ topicNames: ["a"] }));
  await create(broker, [topic("a")]);
  assert.notEqual(broker.engine.topics.get("a")!.id, first.id);
  assert.equal(broker.engine.topicById(first.id), undefined);
});

function request(what: { topics?: { name: string | null; topicId: string }[]; topicNames?: string[] }) {
  return { topics: [], topicNames: [], timeoutMs: 1000, ...what };
}
