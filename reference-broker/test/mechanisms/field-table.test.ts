/** Bytes written by hand from AMQP 0-9-1 (4.2.5.5) and RabbitMQ's list of type octets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFieldTable, encodeFieldTable } from "../../src/mechanisms/field-table.ts";
import { FieldSyntaxError, MAX_FIELD_DEPTH } from "../../src/mechanisms/field-table-errors.ts";
import type { FieldTable, FieldValue } from "../../src/mechanisms/message.ts";

/** "a" with this value, as a table. */
function tableOf(value: string): Buffer {
  const field = Buffer.from(`0161${value.replaceAll(" ", "")}`, "hex");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return Buffer.concat([length, field]);
}

const hex = (type: string) => Buffer.from(type).toString("hex");

const GOLDEN: readonly (readonly [bytes: string, value: FieldValue])[] = [
  [`${hex("t")} 01`, { type: "t", value: true }],
  [`${hex("b")} 80`, { type: "b", value: -128 }],
  [`${hex("B")} ff`, { type: "B", value: 255 }],
  [`${hex("s")} 8000`, { type: "s", value: -32768 }],
  [`${hex("u")} ffff`, { type: "u", value: 65535 }],
  [`${hex("I")} fffffffe`, { type: "I", value: -2 }],
  [`${hex("i")} fffffffe`, { type: "i", value: 4294967294 }],
  [`${hex("l")} 001fffffffffffff`, { type: "l", value: Number.MAX_SAFE_INTEGER }],
  [`${hex("l")} 0020000000000000`, { type: "l", value: 2n ** 53n }],
  [`${hex("l")} 8000000000000000`, { type: "l", value: -(2n ** 63n) }],
  [`${hex("T")} 0000000065920080`, { type: "T", value: 1704067200 }],
  [`${hex("T")} ffffffffffffffff`, { type: "T", value: 2n ** 64n - 1n }],
  [`${hex("f")} 3fc00000`, { type: "f", value: 1.5 }],
  [`${hex("d")} 3ff8000000000000`, { type: "d", value: 1.5 }],
  [`${hex("D")} 02 0000007b`, { type: "D", value: { scale: 2, unscaled: 123 } }],
  [`${hex("S")} 00000002 c3a9`, { type: "S", value: "é" }],
  [`${hex("S")} 00000001 e9`, { type: "S", value: Buffer.of(0xe9) }],
  [`${hex("x")} 00000002 00ff`, { type: "x", value: Buffer.of(0, 255) }],
  [hex("V"), { type: "V", value: null }],
  [
    `${hex("A")} 00000003 ${hex("V")} ${hex("t")} 00`,
    {
      type: "A",
      value: [
        { type: "V", value: null },
        { type: "t", value: false },
      ],
    },
  ],
  [`${hex("F")} 00000003 0162 ${hex("V")}`, { type: "F", value: [["b", { type: "V", value: null }]] }],
];

for (const [bytes, value] of GOLDEN) {
  test(`${value.type}: ${bytes}`, () => {
    const table: FieldTable = [["a", value]];
    assert.deepEqual(decodeFieldTable(tableOf(bytes)), table);
    assert.equal(encodeFieldTable(table).toString("hex"), tableOf(bytes).toString("hex"));
  });
}

test("order and repeated names are kept", () => {
  const table: FieldTable = [
    ["z", { type: "B", value: 1 }],
    ["a", { type: "B", value: 2 }],
    ["z", { type: "B", value: 3 }],
  ];
  assert.deepEqual(decodeFieldTable(encodeFieldTable(table)), table);
});

function nested(depth: number): Buffer {
  let table: FieldTable = [];
  for (let i = 1; i < depth; i++) table = [["", { type: "F", value: table }]];
  return encodeFieldTable(table);
}

test("tables may lie in one another to a depth, and no deeper", () => {
  assert.equal(decodeFieldTable(nested(MAX_FIELD_DEPTH)).length, 1);
  assert.throws(() => decodeFieldTable(nested(MAX_FIELD_DEPTH + 1)), FieldSyntaxError);
  const bomb = Buffer.alloc(100_000, tableOf(`${hex("A")} 7fffffff`));
  assert.throws(() => decodeFieldTable(bomb), FieldSyntaxError);
});

const MALFORMED: readonly (readonly [what: string, bytes: Buffer])[] = [
  ["nothing", Buffer.alloc(0)],
  ["a length past the end", Buffer.from("000000ff", "hex")],
  ["octets behind the table", Buffer.from("0000000000", "hex")],
  ["a name past the end", Buffer.from("00000002ff61", "hex")],
  ["a name without a value", Buffer.from("000000020161", "hex")],
  ["an unknown type", tableOf(`${hex("L")} 0000000000000000`)],
  ["a value that is cut", tableOf(`${hex("l")} 00`)],
  ["a string of 4 GiB", tableOf(`${hex("S")} ffffffff`)],
  ["an inner table past the outer one", tableOf(`${hex("F")} 00000005 0162${hex("V")}`)],
  ["a name that is no UTF-8", Buffer.from(`0000000301ff${hex("V")}`, "hex")],
];

for (const [what, bytes] of MALFORMED) {
  test(`${what} is a syntax error`, () => {
    assert.throws(() => decodeFieldTable(bytes), FieldSyntaxError);
  });
}

test("a value that its type cannot hold is a mistake of ours", () => {
  assert.throws(() => encodeFieldTable([["a", { type: "b", value: 128 }]]), RangeError);
  assert.throws(() => encodeFieldTable([["a".repeat(256), { type: "V", value: null }]]), RangeError);
});
