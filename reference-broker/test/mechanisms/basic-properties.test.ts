/** Bytes written by hand from AMQP 0-9-1 (1.8 and 4.2.6.1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BasicProperties,
  changeProperties,
  decodeProperties,
  encodeProperties,
  INVALID_EXPIRATION,
  invalidExpiration,
  NO_EXPIRATION,
  PropertyScan,
  readProperty,
} from "../../src/mechanisms/basic-properties.ts";
import { FieldSyntaxError } from "../../src/mechanisms/field-table-errors.ts";

const ALL: BasicProperties = {
  contentType: "a",
  contentEncoding: "b",
  headers: [["h", { type: "V", value: null }]],
  deliveryMode: 2,
  priority: 9,
  correlationId: "c",
  replyTo: "d",
  expiration: "60",
  messageId: "e",
  timestamp: 1704067200,
  type: "f",
  userId: "g",
  appId: "h",
  clusterId: "i",
};
const ALL_HEX =
  "fffc 0161 0162 00000003016856 02 09 0163 0164 023630 0165 0000000065920080 0166 0167 0168 0169".replaceAll(
    " ",
    "",
  );

function scanned(properties: Buffer): PropertyScan {
  const scan = new PropertyScan();
  scan.read(properties, 0, properties.length);
  return scan;
}

test("all fourteen properties", () => {
  const bytes = Buffer.from(ALL_HEX, "hex");
  assert.equal(encodeProperties(ALL).toString("hex"), ALL_HEX);
  assert.deepEqual(decodeProperties(bytes), ALL);
  const { deliveryMode, priority, expirationMs } = scanned(bytes);
  assert.deepEqual(
    { deliveryMode, priority, expirationMs },
    { deliveryMode: 2, priority: 9, expirationMs: 60 },
  );
});

test("no property at all", () => {
  const bytes = Buffer.from("0000", "hex");
  assert.equal(encodeProperties({}).toString("hex"), "0000");
  assert.deepEqual(decodeProperties(bytes), {});
  const { deliveryMode, priority, expirationMs } = scanned(bytes);
  assert.deepEqual(
    { deliveryMode, priority, expirationMs },
    { deliveryMode: 0, priority: 0, expirationMs: NO_EXPIRATION },
  );
  assert.equal(readProperty(bytes, "headers"), null);
});

test("a scan forgets the one before", () => {
  const scan = new PropertyScan();
  scan.read(Buffer.from(ALL_HEX, "hex"), 0, ALL_HEX.length / 2);
  scan.read(Buffer.from("0000", "hex"), 0, 2);
  assert.equal(scan.deliveryMode, 0);
  assert.equal(scan.priority, 0);
  assert.equal(scan.expirationMs, NO_EXPIRATION);
});

test("a scan reads a part of a buffer", () => {
  const bytes = Buffer.from(`ffff${ALL_HEX}ffff`, "hex");
  const scan = new PropertyScan();
  scan.read(bytes, 2, bytes.length - 2);
  assert.equal(scan.expirationMs, 60);
});

const EXPIRATIONS: readonly (readonly [text: string, ms: number])[] = [
  ...([
    ["0", 0],
    ["5000", 5000],
    ["+7", 7],
    ["-0", 0],
    ["007", 7],
  ] as const),
  ["99999999999999999999", Number.MAX_SAFE_INTEGER],
  ...["", "-1", "10x", "x", "+", "-", " 1", "1 ", "1.5", "0x10"].map(
    (text) => [text, INVALID_EXPIRATION] as const,
  ),
];

for (const [text, ms] of EXPIRATIONS) {
  test(`expiration '${text}' is ${ms === INVALID_EXPIRATION ? "invalid" : `${ms} ms`}`, () => {
    assert.equal(scanned(encodeProperties({ expiration: text })).expirationMs, ms);
  });
}

test("what RabbitMQ says of an invalid expiration", () => {
  const said = (expiration: string) => invalidExpiration(encodeProperties({ expiration }));
  assert.equal(said("10x"), `invalid expiration '10x': {leftover_string,"x"}`);
  assert.equal(said("-1"), "invalid expiration '-1': {value_negative,-1}");
  assert.equal(said(""), "invalid expiration '': no_integer");
  assert.equal(said("x10"), "invalid expiration 'x10': no_integer");
});

test("dead-lettering: headers are replaced, expiration goes, the rest stays byte for byte", () => {
  const before = Buffer.from(ALL_HEX, "hex");
  const after = changeProperties(before, { headers: [["x", { type: "t", value: true }]], expiration: null });
  const { expiration: _, ...rest } = ALL;
  assert.deepEqual(decodeProperties(after), { ...rest, headers: [["x", { type: "t", value: true }]] });
  assert.equal(before.toString("hex"), ALL_HEX);
});

test("a property is put where there was none, and the last one taken out", () => {
  const replyTo = changeProperties(Buffer.from("0000", "hex"), { replyTo: "q" });
  assert.equal(replyTo.toString("hex"), "02000171");
  assert.equal(changeProperties(replyTo, { replyTo: null }).toString("hex"), "0000");
});

test("bytes that are no UTF-8 stay in the properties, and are read with a replacement", () => {
  const bytes = Buffer.from("040002fffe", "hex");
  assert.equal(readProperty(bytes, "correlationId"), "\ufffd\ufffd");
  assert.equal(changeProperties(bytes, { priority: 1 }).toString("hex"), "0c000102fffe");
});

const MALFORMED: readonly (readonly [what: string, hex: string])[] = [
  ["no flags", "00"],
  ["a flag without its value", "8000"],
  ["a string past the end", "80000561"],
  ["a timestamp that is cut", "004000000000"],
  ["headers past the end", "200000000005016856"],
  ["headers of an unknown type", "20000000000301684c"],
  ["octets behind", "00000000"],
  ["flags that go on", "0001"],
  ["a flag of no property", "0002"],
];

for (const [what, hex] of MALFORMED) {
  test(`${what}: a syntax error`, () => {
    assert.throws(() => scanned(Buffer.from(hex, "hex")), FieldSyntaxError);
  });
}
