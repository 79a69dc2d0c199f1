/** Publishing to topics over HTTP, read back over the Kafka protocol. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fetchAll } from "../../support/client.ts";
import { Connection } from "../../support/connection.ts";
import { encodeBatch, type WireRecord } from "../../support/wire-batch.ts";
import { BINARY_RECORDS, HttpBroker, JSON_RECORDS } from "./http-broker.ts";

let broker: HttpBroker;
let kafka: Connection;

before(async () => {
  broker = await HttpBroker.start(["--default-partitions", "3"]);
  kafka = await Connection.open("127.0.0.1", broker.process.port);
});
after(async () => {
  kafka?.close();
  await broker?.process.discard();
});

const bytes = (text: string) => Buffer.from(text);

/** The stored batch must be this one, with the time that the broker gave it. */
async function assertStored(topic: string, partition: number, records: readonly WireRecord[]): Promise<void> {
  const stored = await fetchAll(kafka, topic, partition);
  const baseTimestamp = Number(stored.readBigInt64BE(27));
  assert.ok(Math.abs(baseTimestamp - Date.now()) < 60_000);
  assert.deepEqual(stored, encodeBatch(records, { baseTimestamp, partitionLeaderEpoch: 0 }));
}

test("JSON records are stored as they were written, keys and nulls too", async () => {
  const values = [{ a: [1, "ü", null], b: { c: true } }, "text", 7, null, false];
  const records = values.map((value) => ({ value, partition: 1 }));
  const { status, json } = await broker.produce("json", [
    ...records,
    { key: { id: 1 }, value: 1, partition: 1 },
  ]);
  assert.equal(status, 200);
  const offsets = [0, 1, 2, 3, 4, 5].map((offset) => ({
    partition: 1,
    offset,
    error_code: null,
    error: null,
  }));
  assert.deepEqual(json, { offsets, key_schema_id: null, value_schema_id: null });
  await assertStored("json", 1, [
    ...values.map((value) => ({ value: value === null ? null : bytes(JSON.stringify(value)) })),
    { key: bytes('{"id":1}'), value: bytes("1") },
  ]);
});

test("numbers that a double does not hold are not changed", async () => {
  const value = '{"id":12345678901234567890,"price":1.10,"mass":1e400,"zero":-0}';
  const body = `{"records":[{"value":${value},"partition":0}]}`;
  const { status } = await broker.request("POST", "/topics/numbers", { "content-type": JSON_RECORDS }, body);
  assert.equal(status, 200);
  await assertStored("numbers", 0, [{ value: bytes(value) }]);
});

test("binary records are decoded, and a media type may have parameters", async () => {
  const content = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const records = [{ key: content.toString("base64"), value: content.toString("base64"), partition: 2 }];
  const { status } = await broker.produce("binary", records, `${BINARY_RECORDS}; charset=utf-8`);
  assert.equal(status, 200);
  await assertStored("binary", 2, [{ key: content, value: content }]);
});

test("records with a key go where Kafka's producers send them, the others of a request stay together", async () => {
  const keyed = await broker.produce(
    "spread",
    [..."abcdef"].map((key) => ({ key, value: 1 })),
    JSON_RECORDS,
  );
  // murmur2 of "a" to "f" in quotes, as the JSON format stores keys.
  const partitions = keyed.json.offsets.map(({ partition }: { partition: number }) => partition);
  const again = await broker.produce("spread", [{ key: "a", value: 2 }]);
  assert.equal(again.json.offsets[0].partition, partitions[0]);
  assert.ok(new Set(partitions).size > 1, String(partitions));
  const seen = new Set<number>();
  for (let i = 0; i < 6; i++) {
    const { json } = await broker.produce("spread", [{ value: 1 }, { value: 2 }, { value: 3 }]);
    const own = new Set<number>(json.offsets.map(({ partition }: { partition: number }) => partition));
    assert.equal(own.size, 1);
    for (const partition of own) seen.add(partition);
  }
  assert.equal(seen.size, 3);
});

test("what is wrong with a request is said in Kafka REST's form, and nothing is stored", async () => {
  await broker.produce("refusals", [{ value: 1 }]);
  const json = { "content-type": JSON_RECORDS };
  const cases: readonly [
    body: string,
    type: Record<string, string>,
    status: number,
    code: number,
    text: RegExp,
  ][] = [
    ['{"records":[]}', json, 422, 422, /non-empty array/],
    ["[]", json, 422, 422, /non-empty array/],
    ['{"records":[1]}', json, 422, 422, /records\[0\] is not an object/],
    ['{"records":[{"vaule":1}]}', json, 422, 422, /records\[0\]\.vaule is unknown/],
    ['{"records":[{"value":1,"partition":-1}]}', json, 422, 422, /records\[0\]\.partition/],
    ['{"records":[{"value":1,"partition":1.0}]}', json, 200, 0, /offset/],
    ['{"records":[{"value":1,"partition":9}]}', json, 404, 40402, /Partition 9 not found/],
    [
      '{"records":[{"value":"??"}]}',
      { "content-type": BINARY_RECORDS },
      422,
      422,
      /records\[0\]\.value must be a base64/,
    ],
    ['{"records":[{"value":1}', json, 400, 400, /not JSON/],
    ["", json, 400, 400, /empty/],
    ['{"records":[{"value":1}]}', { "content-type": "text/plain" }, 415, 415, /expected application/],
  ];
  for (const [body, headers, status, code, text] of cases) {
    const answer = await broker.request("POST", "/topics/refusals", headers, body);
    assert.equal(answer.status, status, `${body}: ${answer.text}`);
    if (status !== 200) assert.equal(answer.json.error_code, code);
    assert.match(answer.text, text);
  }
  const { json: topic } = await broker.get("/topics/refusals");
  assert.equal(topic.statistics.records, 2);
});

test("a body that is not UTF-8 is refused, and so is nesting beyond the stack", async () => {
  const invalid = Buffer.concat([bytes('{"records":[{"value":"'), Buffer.from([0xff]), bytes('"}]}')]);
  const headers = { "content-type": JSON_RECORDS };
  assert.match((await broker.request("POST", "/topics/x", headers, invalid)).json.message, /not UTF-8/);
  const depth = 1_000_000;
  const deep = `{"records":[{"value":${"[".repeat(depth)}${"]".repeat(depth)}}]}`;
  const answer = await broker.request("POST", "/topics/x", headers, deep);
  assert.ok([400, 422].includes(answer.status), answer.text);
  assert.equal((await broker.get("/health/live")).status, 200);
});

test("a record over max.message.bytes is the client's mistake; beside good ones it is told in its place", async () => {
  const large = "x".repeat(1_100_000);
  const alone = await broker.produce("sizes", [{ value: large, partition: 0 }]);
  assert.deepEqual([alone.status, alone.json.error_code], [422, 50002]);
  const mixed = await broker.produce("sizes", [
    { value: large, partition: 0 },
    { value: "small", partition: 1 },
  ]);
  assert.equal(mixed.status, 200);
  const [first, second] = mixed.json.offsets;
  assert.deepEqual(first, { partition: null, offset: null, error_code: 1, error: "MESSAGE_TOO_LARGE" });
  assert.deepEqual(second, { partition: 1, offset: 0, error_code: null, error: null });
});

test("topics are listed by name, and described with what is counted", async () => {
  await broker.produce("described", [{ value: "one", partition: 2 }]);
  const names: string[] = (await broker.get("/topics")).json;
  assert.ok(names.includes("described"));
  const { json } = await broker.get("/topics/described");
  assert.equal(json.partitions.length, 3);
  assert.deepEqual([json.statistics.records, json.statistics.appendedBatches], [1, 1]);
  assert.equal(json.partitions[2].log_end_offset, 1);
  const missing = await broker.get("/topics/missing");
  assert.deepEqual([missing.status, missing.json], [404, { error_code: 40401, message: "Topic not found." }]);
  const bad = await broker.produce("not%20a%20name", [{ value: 1 }]);
  assert.equal(bad.status, 422);
});

test("without automatic creation an unknown topic is not found", async () => {
  const strict = await HttpBroker.start(["--auto-create-topics", "false"]);
  try {
    const { status, json } = await strict.produce("unknown", [{ value: 1 }]);
    assert.deepEqual([status, json.error_code], [404, 40401]);
  } finally {
    await strict.process.discard();
  }
});
