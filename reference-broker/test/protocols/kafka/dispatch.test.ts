import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferReader, ProtocolError } from "../../../src/base/buffer-reader.ts";
import { BufferWriter } from "../../../src/base/buffer-writer.ts";
import { advertised, apis } from "../../../src/protocols/kafka/api-table.ts";
import { decodeRequest, encodeResponse } from "../../../src/protocols/kafka/dispatch.ts";
import { apiVersionsMessage } from "../../../src/protocols/kafka/messages/18-api-versions.ts";

function request(apiKey: number, apiVersion: number, rest: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeInt16BE(apiKey, 0);
  header.writeInt16BE(apiVersion, 2);
  header.writeInt32BE(77, 4);
  return Buffer.concat([header, Buffer.from(rest, "hex")]);
}

const CLIENT = "0003616263";

test("a header has tagged fields from the first flexible version on, and they are skipped", () => {
  const classic = decodeRequest(request(3, 1, `${CLIENT}ffffffff`));
  assert.equal(classic.clientId, "abc");
  assert.equal(classic.correlationId, 77);
  assert.equal(classic.request.topics, null);
  const flexible = decodeRequest(request(3, 9, `${CLIENT}01050212340001000000`));
  assert.equal(flexible.request.topics, null);
  assert.equal(decodeRequest(request(3, 1, "ffff00000000")).clientId, null);
});

test("unknown keys, versions that are not served and bytes behind the body are protocol errors", () => {
  const refused = [
    request(9999, 0, CLIENT),
    request(-1, 0, CLIENT),
    request(4, 0, CLIENT),
    request(0, 2, CLIENT),
    request(3, 14, CLIENT),
    request(3, -1, CLIENT),
    request(3, 1, `${CLIENT}ffffffff00`),
    request(3, 1, `${CLIENT}`),
    Buffer.from("0003", "hex"),
  ];
  for (const frame of refused)
    assert.throws(() => decodeRequest(frame), ProtocolError, frame.toString("hex"));
});

test("an ApiVersions version that is not served is answered in v0 with error 35 and its own range", () => {
  const incoming = decodeRequest(request(18, 9, `${CLIENT}00ffff`));
  assert.ok(incoming.answer);
  const frame = Buffer.concat(encodeResponse(new BufferWriter(), incoming, incoming.answer));
  assert.equal(frame.toString("hex"), "00000010" + "0000004d" + "0023" + "00000001" + "001200000004");
});

test("an ApiVersions response has header v0 also in flexible versions, others have header v1", () => {
  const body = (apiKey: number, apiVersion: number, rest: string, response: object) => {
    const incoming = decodeRequest(request(apiKey, apiVersion, rest));
    const frame = Buffer.concat(encodeResponse(new BufferWriter(), incoming, response));
    assert.equal(frame.readInt32BE(0), frame.length - 4);
    assert.equal(frame.readInt32BE(4), 77);
    return frame.subarray(8).toString("hex");
  };
  const empty = { errorCode: 0, apiKeys: [], throttleTimeMs: 0 };
  assert.equal(body(18, 3, `${CLIENT}000261023100`, empty), "0000" + "01" + "00000000" + "00");
  const coordinator = { throttleTimeMs: 0, coordinators: [] };
  assert.equal(body(10, 4, `${CLIENT}00000100`, coordinator), "00" + "00000000" + "01" + "00");
});

test("every API is listed once, is served from its range and is advertised", () => {
  const keys = apis.map(({ message }) => message.apiKey);
  assert.equal(new Set(keys).size, keys.length);
  assert.deepEqual(
    advertised.map(({ apiKey }) => apiKey),
    keys,
  );
  for (const [i, { message, advertisedFrom }] of apis.entries()) {
    const [first, last] = message.versions;
    assert.ok(advertisedFrom <= first && first <= last, message.name);
    assert.equal(advertised[i]!.maxVersion, last);
  }
  assert.deepEqual(advertised[0], { apiKey: 0, minVersion: 0, maxVersion: 13 });
});

test("the ApiVersions answer that clients meet first decodes by its own table", () => {
  const incoming = decodeRequest(request(18, 0, CLIENT));
  const response = { errorCode: 0, apiKeys: advertised, throttleTimeMs: 0 };
  const frame = Buffer.concat(encodeResponse(new BufferWriter(), incoming, response));
  const decoded = apiVersionsMessage.response.decoder(0)(new BufferReader(frame, 8));
  assert.deepEqual(decoded.apiKeys, advertised);
});
