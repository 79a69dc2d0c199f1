/** Frames written by hand from AMQP 0-9-1 (4.2.3, 4.2.6 and the methods of class basic). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PublishedMessage } from "../../../../src/mechanisms/message.ts";
import { METHODS } from "../../../../src/protocols/amqp/methods/table.ts";
import { FrameWriter } from "../../../../src/protocols/amqp/wire/frame-writer.ts";
import { framesOf } from "./frames.ts";

/** delivery-mode 2 */
const PROPERTIES = Buffer.from("100002", "hex");

function messageOf(body: Buffer): PublishedMessage {
  return new PublishedMessage("ex", "key", PROPERTIES, body);
}

function sent(writer: FrameWriter): Buffer {
  return Buffer.concat(writer.take());
}

const DELIVERED = [
  "01 0007 00000018 003c003c 03 746167 0000000000000005 00 02 6578 03 6b6579 ce",
  "02 0007 0000000f 003c 0000 0000000000000002 100002 ce",
  "03 0007 00000002 6869 ce",
]
  .join("")
  .replaceAll(" ", "");

test("a delivery", () => {
  const writer = new FrameWriter();
  writer.deliver(7, "tag", 5, false, messageOf(Buffer.from("hi")));
  assert.equal(sent(writer).toString("hex"), DELIVERED);
});

test("a message is the same on every channel it goes to", () => {
  const message = messageOf(Buffer.from("hi"));
  const writer = new FrameWriter();
  for (const channel of [1, 2, 0xffff, 1]) writer.deliver(channel, "t", 1, true, message);
  const frames = framesOf(sent(writer));
  const channels = frames.map((frame) => frame.channel);
  assert.deepEqual(channels, [1, 1, 1, 2, 2, 2, 0xffff, 0xffff, 0xffff, 1, 1, 1]);
  for (let i = 3; i < frames.length; i++) assert.equal(frames[i]!.payload, frames[i - 3]!.payload);
});

test("an empty body has no frame", () => {
  const writer = new FrameWriter();
  writer.deliver(1, "t", 1, false, messageOf(Buffer.alloc(0)));
  assert.deepEqual(
    framesOf(sent(writer)).map(({ type }) => type),
    [1, 2],
  );
});

test("names beyond ASCII, and delivery tags beyond 32 bits", () => {
  const message = new PublishedMessage("é", "ß".repeat(127), PROPERTIES, Buffer.alloc(0));
  const writer = new FrameWriter();
  writer.deliver(1, "日", 2 ** 32 + 1, false, message);
  const [method] = framesOf(sent(writer));
  const key = Buffer.from("ß".repeat(127)).toString("hex");
  assert.equal(method?.payload, `003c003c03e697a500000001000000010002c3a9fe${key}`);
});

test("get-ok and return", () => {
  const writer = new FrameWriter();
  writer.getOk(1, 2, true, 3, messageOf(Buffer.from("hi")));
  writer.returned(1, 312, "NO_ROUTE", messageOf(Buffer.from("hi")));
  const [got, , , returned] = framesOf(sent(writer));
  assert.equal(got?.payload, "003c0047000000000000000201026578036b657900000003");
  assert.equal(returned?.payload, "003c00320138084e4f5f524f555445026578036b6579");
});

test("a heartbeat", () => {
  const writer = new FrameWriter();
  writer.heartbeat();
  assert.equal(sent(writer).toString("hex"), "08 0000 00000000 ce".replaceAll(" ", ""));
});

test("pending bytes are what take gives, and nothing is pending behind it", () => {
  const writer = new FrameWriter();
  assert.equal(writer.pendingBytes, 0);
  assert.deepEqual(writer.take(), []);
  for (let i = 0; i < 100; i++) writer.method(1, METHODS["basic.ack"], { deliveryTag: i, multiple: false });
  assert.equal(writer.pendingBytes, 100 * 21);
  assert.equal(sent(writer).length, 100 * 21);
  assert.equal(writer.pendingBytes, 0);
});

test("what was taken stays as it is until reuse, whatever is written meanwhile", () => {
  const writer = new FrameWriter();
  const other = new FrameWriter();
  const kept: [taken: Buffer[], copy: Buffer][] = [];
  const body = Buffer.alloc(3000);
  for (let i = 0; i < 200; i++) {
    writer.deliver(1, "t", i, false, messageOf(body));
    other.deliver(2, "other", i, false, messageOf(body));
    if (i % 7 === 0) other.take();
    if (i % 7 === 0) other.reuse();
    if (i % 3 !== 0) continue;
    const taken = writer.take();
    kept.push([taken, Buffer.concat(taken)]);
  }
  for (const [taken, copy] of kept) assert.ok(Buffer.concat(taken).equals(copy));
});

test("of what is sent in part, the sent pages are used again and the others stay as they are", () => {
  const writer = new FrameWriter();
  const other = new FrameWriter();
  const body = Buffer.alloc(3000);
  const unsent: [taken: Buffer[], copy: Buffer][] = [];
  const pages = new Set<ArrayBufferLike>();
  let unsentBytes = 0;
  for (let i = 0; i < 2000; i++) {
    writer.deliver(1, "t", i, false, messageOf(body));
    other.deliver(2, "other", i, false, messageOf(body));
    if (i % 5 !== 0) continue;
    other.take();
    other.reuse();
    const taken = writer.take();
    for (const { buffer } of taken) pages.add(buffer);
    const copy = Buffer.concat(taken);
    unsent.push([taken, copy]);
    unsentBytes += copy.length;
    // The client is always some of it behind.
    while (unsent.length > 20) {
      const [sentChunks, sentCopy] = unsent.shift()!;
      assert.ok(Buffer.concat(sentChunks).equals(sentCopy));
      unsentBytes -= sentCopy.length;
    }
    writer.reuse(unsentBytes);
  }
  assert.ok(pages.size < 20, `${pages.size} pages of 64 KiB for 6 MB, of which 300 kB are unsent`);
});

test("reuse with something pending keeps it", () => {
  const writer = new FrameWriter();
  writer.take();
  writer.deliver(7, "tag", 5, false, messageOf(Buffer.from("hi")));
  writer.reuse();
  new FrameWriter().deliver(1, "x", 1, false, messageOf(Buffer.alloc(100)));
  assert.equal(sent(writer).toString("hex"), DELIVERED);
});

test("a small body that is lent is copied to where it is sent from, and to nowhere else", () => {
  const bytes = Buffer.from("before hi behind");
  const lent = new PublishedMessage("ex", "key", PROPERTIES, bytes, undefined, 7, 9);
  const writer = new FrameWriter();
  writer.deliver(1, "t", 1, false, lent);
  lent.giveBack();
  assert.throws(() => lent.body, /nobody kept/);
  assert.equal(framesOf(sent(writer))[2]?.payload, Buffer.from("hi").toString("hex"));
});

test("a large body is sent where it lies", () => {
  const body = Buffer.alloc(100_000, 1);
  const writer = new FrameWriter();
  writer.maxFrameBytes = 131_072;
  writer.deliver(1, "t", 1, false, messageOf(body));
  const chunks = writer.take();
  assert.ok(chunks.some((chunk) => chunk.buffer === body.buffer && chunk.length === body.length));
  assert.equal(framesOf(Buffer.concat(chunks))[2]?.payload, body.toString("hex"));
});
