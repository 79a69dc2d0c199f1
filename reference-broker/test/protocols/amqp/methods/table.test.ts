/** Payloads of method frames written by hand from AMQP 0-9-1 (chapter 1 and 4.2.5) and RabbitMQ's extensions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FieldWriter } from "../../../../src/mechanisms/field-table-writer.ts";
import {
  decodeMethod,
  METHOD_NAMES,
  METHODS,
  type MethodFields,
  type MethodName,
} from "../../../../src/protocols/amqp/methods/table.ts";
import { AmqpError } from "../../../../src/protocols/amqp/reply-codes.ts";

function encoded<Name extends MethodName>(name: Name, fields: MethodFields[Name]): string {
  const writer = new FieldWriter();
  METHODS[name].encode(writer, fields);
  return writer.finish().toString("hex");
}

function decoded(hex: string) {
  const bytes = Buffer.from(`ffff${hex.replaceAll(" ", "")}ffff`, "hex");
  return decodeMethod(bytes, 2, bytes.length - 2);
}

/** `hex`: class, method, arguments. */
function golden<Name extends MethodName>(name: Name, hex: string, fields: MethodFields[Name]): void {
  test(name, () => {
    const [, argumentsHex] = /^.{8}(.*)$/.exec(hex.replaceAll(" ", ""))!;
    assert.equal(encoded(name, fields), argumentsHex);
    const method = decoded(hex);
    assert.equal(method.name, name);
    assert.equal(method.classId, METHODS[name].classId);
    assert.equal(method.methodId, METHODS[name].methodId);
    assert.deepEqual(method.fields, fields);
  });
}

golden(
  "connection.start",
  "000a000a 00 09 00000008 0161 53 00000001 62 00000005 504c41494e 00000005 656e5f5553",
  {
    versionMajor: 0,
    versionMinor: 9,
    serverProperties: [["a", { type: "S", value: "b" }]],
    mechanisms: Buffer.from("PLAIN"),
    locales: Buffer.from("en_US"),
  },
);
golden("connection.tune-ok", "000a001f 07ff 00020000 003c", {
  channelMax: 2047,
  frameMax: 131_072,
  heartbeat: 60,
});
golden("connection.open", "000a0028 01 2f 00 00", { virtualHost: "/" });
golden("connection.close", "000a0032 0140 03 627965 003c 0028", {
  replyCode: 320,
  replyText: "bye",
  classId: 60,
  methodId: 40,
});
golden("connection.blocked", "000a003c 0d 6c6f77206f6e206d656d6f7279", { reason: "low on memory" });
golden("connection.update-secret", "000a0046 00000001 78 01 79", {
  newSecret: Buffer.from("x"),
  reason: "y",
});
golden("channel.open", "0014000a 00", {});
golden("channel.open-ok", "0014000b 00000000", {});
golden("exchange.declare", "0028000a 0000 01 65 05 746f706963 16 00000000", {
  exchange: "e",
  type: "topic",
  passive: false,
  durable: true,
  autoDelete: true,
  internal: false,
  noWait: true,
  arguments: [],
});
golden("exchange.unbind-ok", "00280033", {});
golden("queue.declare", "0032000a 0000 01 71 0e 00000004 0161 42 07", {
  queue: "q",
  passive: false,
  durable: true,
  exclusive: true,
  autoDelete: true,
  noWait: false,
  arguments: [["a", { type: "B", value: 7 }]],
});
golden("queue.declare-ok", "0032000b 01 71 00000002 00000003", {
  queue: "q",
  messageCount: 2,
  consumerCount: 3,
});
golden("basic.qos", "003c000a 00000000 00fa 01", { prefetchSize: 0, prefetchCount: 250, global: true });
golden("basic.publish", "003c0028 0000 01 65 02 c3a9 01", {
  exchange: "e",
  routingKey: "é",
  mandatory: true,
  immediate: false,
});
golden("basic.deliver", "003c003c 01 63 0000000100000002 01 00 01 72", {
  consumerTag: "c",
  deliveryTag: 2 ** 32 + 2,
  redelivered: true,
  exchange: "",
  routingKey: "r",
});
golden("basic.ack", "003c0050 0000000000000007 01", { deliveryTag: 7, multiple: true });
golden("basic.nack", "003c0078 0000000000000007 02", { deliveryTag: 7, multiple: false, requeue: true });
golden("basic.get-empty", "003c0048 00", {});
golden("confirm.select", "0055000a 01", { noWait: true });
golden("tx.commit", "005a0014", {});

/** Throws AmqpError of this name. */
function refused(hex: string): string {
  try {
    decoded(hex);
  } catch (error) {
    assert.ok(error instanceof AmqpError, String(error));
    return error.reply;
  }
  return "nothing was refused";
}

test("arguments that do not fill the frame are FRAME_ERROR", () => {
  assert.equal(refused("003c"), "FRAME_ERROR");
  assert.equal(refused("003c0050 00000000000000"), "FRAME_ERROR");
  assert.equal(refused("003c0050 0000000000000007 01 00"), "FRAME_ERROR");
  assert.equal(refused("0032000a 0000 05 71"), "FRAME_ERROR");
  assert.equal(refused("0032000a 0000 01 71 00 000000ff 0161 56"), "FRAME_ERROR");
  assert.equal(refused("0014000a 01 ff"), "FRAME_ERROR");
});

test("methods that there are not are NOT_IMPLEMENTED", () => {
  assert.equal(refused("003c00ff"), "NOT_IMPLEMENTED");
  assert.equal(refused("ffffffff"), "NOT_IMPLEMENTED");
  assert.equal(refused("001e000a 00"), "NOT_IMPLEMENTED");
});

test("delivery tags beyond 2^53 are the nearest number", () => {
  const { fields } = decoded("003c0050 ffffffffffffffff 00");
  assert.deepEqual(fields, { deliveryTag: 2 ** 64, multiple: false });
});

test("no two methods have the same ids, and every reply is a method of the same class from the other side", () => {
  const ids = METHOD_NAMES.map((name) => `${METHODS[name].classId}.${METHODS[name].methodId}`);
  assert.equal(new Set(ids).size, ids.length);
  for (const name of METHOD_NAMES) {
    const { replies, from, classId } = METHODS[name];
    for (const reply of replies) {
      assert.equal(METHODS[reply].classId, classId, `${name} -> ${reply}`);
      assert.ok(from === "both" || METHODS[reply].from !== from, `${name} -> ${reply}`);
    }
  }
});

test("the methods with content are those of class basic that carry messages", () => {
  const withContent = METHOD_NAMES.filter((name) => METHODS[name].hasContent);
  assert.deepEqual(withContent, ["basic.publish", "basic.return", "basic.deliver", "basic.get-ok"]);
});
