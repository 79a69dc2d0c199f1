import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeMethod } from "../../src/drivers/amqp/codec.ts";
import { type Handshake, handshakeOf } from "../../src/drivers/handshake.ts";
import { apiVersions } from "../../src/drivers/kafka/apis.ts";
import { WireWriter } from "../../src/drivers/kafka/wire.ts";

const endpoint = { host: "127.0.0.1", port: 1 };

/** In pieces that end where `cuts` say; returns what was answered. */
function feed(handshake: Handshake, bytes: Buffer, cuts: readonly number[]): Buffer {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  let from = 0;
  return Buffer.concat(
    ends.map((end) => {
      const answer = handshake.receive(bytes.subarray(from, end));
      from = end;
      return answer;
    }),
  );
}

const start = encodeMethod("connection.start", 0, { versionMinor: 9, mechanisms: "PLAIN", locales: "en_US" });
const tune = encodeMethod("connection.tune", 0, { channelMax: 2047, frameMax: 131072, heartbeat: 60 });
const openOk = encodeMethod("connection.open-ok", 0);

describe("a handshake over AMQP", () => {
  test("answers as the specification says, however the frames are cut, and asks for no heartbeats", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 20 }), (cuts) => {
        const handshake = handshakeOf("amqp", {
          ...endpoint,
          login: { user: "u", password: "p", virtualHost: "v" },
        });
        assert.equal(handshake.greeting().toString("latin1"), "AMQP\0\0\x09\x01");
        const answers = feed(handshake, Buffer.concat([start, tune, openOk]), cuts);
        const tuneOk = encodeMethod("connection.tune-ok", 0, {
          channelMax: 2047,
          frameMax: 131072,
          heartbeat: 0,
        });
        const open = encodeMethod("connection.open", 0, { virtualHost: "v" });
        assert.ok(answers.includes(Buffer.from("\0u\0p")));
        assert.deepEqual(answers.subarray(-(tuneOk.length + open.length)), Buffer.concat([tuneOk, open]));
        assert.equal(handshake.state, "ready");
        assert.deepEqual(handshake.farewell(), encodeMethod("connection.close", 0, { replyCode: 200 }));
        assert.equal(handshake.state, "ready");
        feed(handshake, encodeMethod("connection.close-ok", 0), cuts);
        assert.equal(handshake.state, "ended");
      }),
    );
  });

  test("that is refused says with what", () => {
    const handshake = handshakeOf("amqp", endpoint);
    const close = encodeMethod("connection.close", 0, { replyCode: 403, replyText: "ACCESS_REFUSED" });
    assert.throws(() => handshake.receive(close), { code: "DRIVER_PROTOCOL", message: /403 ACCESS_REFUSED/ });
  });

  test("with bytes that are no frames is refused before memory is taken for them", () => {
    const handshake = handshakeOf("amqp", endpoint);
    assert.throws(() => handshake.receive(Buffer.from([1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0])), {
      code: "DRIVER_PROTOCOL",
    });
  });
});

describe("a handshake over the Kafka protocol", () => {
  const answer = (errorCode: number): Buffer => {
    const writer = new WireWriter();
    writer.claim(8);
    apiVersions.response.write(writer, {
      errorCode,
      apis: [{ key: 18, minVersion: 0, maxVersion: 3 }],
      throttleTimeMs: 0,
    });
    const bytes = writer.finish();
    bytes.writeInt32BE(bytes.length - 4, 0);
    bytes.writeInt32BE(0, 4);
    return bytes;
  };

  test("is over when ApiVersions is answered, however the answer is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 10 }), (cuts) => {
        const handshake = handshakeOf("kafka", endpoint);
        assert.equal(handshake.greeting().readInt16BE(4), 18);
        feed(handshake, answer(0), cuts);
        assert.equal(handshake.state, "ready");
        assert.equal(handshake.farewell().length, 0);
        assert.equal(handshake.state, "ended");
      }),
    );
  });

  test("with an error is refused by the error's name", () => {
    assert.throws(() => handshakeOf("kafka", endpoint).receive(answer(35)), {
      code: "DRIVER_PROTOCOL",
      message: /UNSUPPORTED_VERSION/,
    });
  });
});

test("on a bare socket nothing is said", () => {
  const handshake = handshakeOf("bare", endpoint);
  assert.deepEqual([handshake.state, handshake.greeting().length], ["ready", 0]);
  assert.equal(handshake.farewell().length, 0);
  assert.equal(handshake.state, "ended");
});
