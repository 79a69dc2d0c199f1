import assert from "node:assert/strict";
import { test } from "node:test";
import { type Anomaly, findAnomalies, type HistoryEvent } from "../../conformance/amqp/history/ledger.ts";
import { QueueModel } from "../../conformance/amqp/history/model.ts";

const published = (id: string): HistoryEvent[] => [
  { kind: "published", id },
  { kind: "confirmed", id },
];
const delivered = (id: string, session = 1, redelivered = false): HistoryEvent => ({
  kind: "delivered",
  id,
  session,
  redelivered,
});
const acknowledged = (id: string): HistoryEvent => ({ kind: "acknowledged", id });
const requeued = (id: string): HistoryEvent => ({ kind: "requeued", id });

const SOUND: readonly HistoryEvent[] = [
  ...published("a"),
  ...published("b"),
  delivered("a"),
  requeued("a"),
  delivered("b", 2),
  { kind: "left", session: 2 },
  delivered("a", 3, true),
  acknowledged("a"),
  delivered("b", 3, true),
  acknowledged("b"),
];

test("a sound history has no anomaly", () => assert.deepEqual(findAnomalies(SOUND), []));

const PLANTED: readonly (readonly [Anomaly["kind"], readonly HistoryEvent[]])[] = [
  ["lost", published("x")],
  ["phantom", [delivered("x")]],
  ["held-twice", [...published("x"), delivered("x"), delivered("x", 2, true), acknowledged("x")]],
  ["resurrected", [...published("x"), delivered("x"), acknowledged("x"), delivered("x", 2, true)]],
  ["false-first", [...published("x"), delivered("x"), requeued("x"), delivered("x", 2), acknowledged("x")]],
];

for (const [kind, events] of PLANTED) {
  test(`${kind} is found in the middle of a sound history`, () => {
    const middle = [...SOUND.slice(0, 4), ...events, ...SOUND.slice(4)];
    assert.deepEqual(findAnomalies(middle), [{ kind, id: "x" }]);
  });
}

test("a first delivery marked redelivered is wrong only while nobody has left", () => {
  const marked = [...published("x"), delivered("x", 1, true), acknowledged("x")];
  assert.deepEqual(findAnomalies(marked), [{ kind: "false-redelivered", id: "x" }]);
  assert.deepEqual(findAnomalies([{ kind: "left", session: 9 }, ...marked]), []);
});

const NEVER = Number.POSITIVE_INFINITY;

test("the model names every head that expiry allows", () => {
  const model = new QueueModel();
  model.publish("a", 100, 200);
  model.publish("b", NEVER, NEVER);
  assert.deepEqual(model.allowedHeads(10, 20), ["a"]);
  assert.deepEqual(model.allowedHeads(90, 150), ["a", "b"]);
  assert.deepEqual(model.allowedHeads(250, 260), ["b"]);
  assert.deepEqual(model.countRange(150), [1, 2]);
  model.take("b", 1);
  assert.deepEqual(model.allowedHeads(250, 260), [null]);
});

test("the model requeues to the original position and drops from the head", () => {
  const model = new QueueModel(3);
  for (const body of ["a", "b", "c"]) model.publish(body, NEVER, NEVER);
  model.take("a", 1);
  model.take("b", 2);
  model.publish("d", NEVER, NEVER);
  model.requeue([2]);
  assert.deepEqual(
    model.ready.map(({ body, redelivered }) => [body, redelivered]),
    [
      ["b", true],
      ["c", false],
      ["d", false],
    ],
  );
  model.requeueAll();
  assert.deepEqual(
    model.ready.map(({ body }) => body),
    ["b", "c", "d"],
  );
});
