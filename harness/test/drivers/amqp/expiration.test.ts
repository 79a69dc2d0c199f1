import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageRing } from "../../../src/drivers/amqp/message-ring.ts";
import { checksum, readStamp } from "../../../src/integrity/message.ts";
import type { Deadlines } from "../../../src/load/deadlines.ts";

const RUN = 9;

function ringOf(persistent: boolean, due: Deadlines["due"]): MessageRing {
  const deadlines = { due, leadMs: 60_000, stepUs: 0, deadLetter: false };
  const shape = { payloadBytes: 64, payloadKind: "json", persistent, topics: 1, deadlines } as const;
  return new MessageRing(4, shape, { exchange: "", routingKey: "run.q0" }, 1);
}

/** Payloads of the frames of the message at `at`: method, content header, body. */
function payloadsAt(ring: MessageRing, at: number): Buffer[] {
  const payloads: Buffer[] = [];
  for (let from = at; from < at + ring.messageBytes; ) {
    const end = from + 7 + ring.bytes.readUInt32BE(from + 3);
    assert.equal(ring.bytes[end], 0xce);
    payloads.push(ring.bytes.subarray(from + 7, end));
    from = end + 1;
  }
  return payloads;
}

/** Properties as they lie after class, weight and body size: flags, then each value (section 4.2.6.1). */
function propertiesOf(header: Buffer) {
  const flags = header.readUInt16BE(12);
  let at = 14;
  const deliveryMode = (flags & 0x1000) === 0 ? null : header[at++]!;
  const length = (flags & 0x0100) === 0 ? 0 : header[at++]!;
  const expiration = header.toString("latin1", at, at + length);
  return { flags, deliveryMode, expiration, rest: header.length - at - length };
}

for (const persistent of [true, false]) {
  test(`the expiration is what is left until the deadline, rounded up (persistent: ${persistent})`, () => {
    const ring = ringOf(persistent, "together");
    const deliveryMode = persistent ? 2 : null;
    const flags = persistent ? 0x1100 : 0x0100;
    for (const [remainingUs, expiration] of [
      [60_000_000, "0000060000"],
      [1_000_001, "0000001001"],
      [1, "0000000001"],
      [-5, "0000000000"],
    ] as const) {
      const sequence = 3;
      const at = ring.stamp(RUN, 0, sequence, 5e6 + remainingUs, 5e6);
      const [, header, body] = payloadsAt(ring, at);
      assert.deepEqual(propertiesOf(header!), { flags, deliveryMode, expiration, rest: 0 });
      assert.equal(Number(header!.readBigUInt64BE(4)), 64);
      const view = new DataView(body!.buffer, body!.byteOffset, body!.length);
      assert.equal(readStamp(view, 0).intendedUs, 5e6 + remainingUs);
      assert.equal(view.getUint32(0, true), checksum(view, 0, body!.length));
    }
  });
}

test("messages of a queue with a time to live of its own carry none", () => {
  const ring = ringOf(false, "queue-ttl");
  const [, header] = payloadsAt(ring, ring.stamp(RUN, 0, 0, 6e6, 5e6));
  assert.deepEqual(propertiesOf(header!), { flags: 0, deliveryMode: null, expiration: "", rest: 0 });
});
