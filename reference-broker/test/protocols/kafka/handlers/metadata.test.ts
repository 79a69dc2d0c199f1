import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCodes } from "../../../../src/protocols/kafka/error-codes.ts";
import { metadataMessage } from "../../../../src/protocols/kafka/messages/03-metadata.ts";
import { ZERO_UUID } from "../../../../src/protocols/kafka/types.ts";
import { NODE_ID, openTestBroker, UNKNOWN_ID } from "./ask.ts";

const byName = (name: string | null) => ({ name, topicId: ZERO_UUID });
const byId = (topicId: string) => ({ name: null, topicId });

function request(topics: ReturnType<typeof byName>[] | null, allowAutoTopicCreation = false) {
  const includeClusterAuthorizedOperations = false;
  const includeTopicAuthorizedOperations = false;
  return {
    topics,
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations,
    includeTopicAuthorizedOperations,
  };
}

test("null asks for all topics, an empty list for none, but in v0 for all", async () => {
  await using broker = await openTestBroker();
  await broker.engine.createTopic("a", 1, {});
  await broker.engine.createTopic("b", 3, {});
  const names = async (version: number, topics: [] | null) =>
    (await broker.ask(metadataMessage, version, request(topics))).topics.map(({ name }) => name).sort();
  assert.deepEqual(await names(1, null), ["a", "b"]);
  assert.deepEqual(await names(1, []), []);
  assert.deepEqual(await names(0, []), ["a", "b"]);
  assert.deepEqual(await names(13, []), []);
});

test("this node leads and is the controller; the topic's id finds it", async () => {
  await using broker = await openTestBroker();
  const { id } = await broker.engine.createTopic("a", 2, {});
  for (const topic of [byName("a"), byId(id)]) {
    const answer = await broker.ask(metadataMessage, 12, request([topic]));
    assert.equal(answer.clusterId, broker.engine.clusterId);
    assert.equal(answer.controllerId, NODE_ID);
    const [found] = answer.topics;
    assert.equal(found!.name, "a");
    assert.equal(found!.topicId, id);
    assert.deepEqual(
      found!.partitions.map(({ partitionIndex, leaderId, isrNodes }) => [partitionIndex, leaderId, isrNodes]),
      [
        [0, NODE_ID, [NODE_ID]],
        [1, NODE_ID, [NODE_ID]],
      ],
    );
  }
});

test("what cannot be found is told in its place, and nothing is created by asking", async () => {
  await using broker = await openTestBroker();
  const topics = [byName("nope"), byName("a/b"), byName(""), byId(UNKNOWN_ID)];
  const answer = await broker.ask(metadataMessage, 12, request(topics));
  assert.deepEqual(
    answer.topics.map(({ name, topicId, errorCode }) => [name, topicId, errorCode]),
    [
      ["nope", ZERO_UUID, errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
      ["a/b", ZERO_UUID, errorCodes.INVALID_TOPIC_EXCEPTION],
      ["", ZERO_UUID, errorCodes.INVALID_TOPIC_EXCEPTION],
      [null, UNKNOWN_ID, errorCodes.UNKNOWN_TOPIC_ID],
    ],
  );
  assert.equal(broker.engine.topics.size, 0);
});

test("before v12 an id cannot be asked for, nor a topic without a name", async () => {
  await using broker = await openTestBroker();
  const { id } = await broker.engine.createTopic("a", 1, {});
  const answer = await broker.ask(metadataMessage, 10, request([{ name: "a", topicId: id }, byName(null)]));
  assert.deepEqual(
    answer.topics.map(({ errorCode }) => errorCode),
    [errorCodes.INVALID_REQUEST, errorCodes.INVALID_REQUEST],
  );
});

test("an unknown topic is created only if request and broker both allow it, before v4 the request always does", async () => {
  await using broker = await openTestBroker();
  const ask = async (name: string, version: number, requestAllows: boolean, autoCreateTopics: boolean) => {
    const asked = request([byName(name)], requestAllows);
    const answer = await broker.ask(metadataMessage, version, asked, { autoCreateTopics });
    return [answer.topics[0]!.errorCode, answer.topics[0]!.partitions.length];
  };
  const unknown = [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 0];
  assert.deepEqual(await ask("a", 4, false, true), unknown);
  assert.deepEqual(await ask("a", 4, true, false), unknown);
  assert.deepEqual(await ask("a", 3, false, false), unknown);
  assert.deepEqual(await ask("a", 4, true, true), [errorCodes.NONE, 2]);
  assert.deepEqual(await ask("b", 3, false, true), [errorCodes.NONE, 2]);
});

test("names that collide are not created; many who ask at once get the same topic", async () => {
  await using broker = await openTestBroker();
  const ask = (name: string) => broker.ask(metadataMessage, 12, request([byName(name)], true));
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask("x.y")));
  const ids = new Set(answers.map(({ topics }) => topics[0]!.topicId));
  assert.deepEqual([...ids], [broker.engine.topics.get("x.y")!.id]);
  const colliding = await ask("x_y");
  assert.equal(colliding.topics[0]!.errorCode, errorCodes.INVALID_TOPIC_EXCEPTION);
});
