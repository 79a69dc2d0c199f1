import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BufferReader, ProtocolError } from "../../../src/base/buffer-reader.ts";
import { BufferWriter } from "../../../src/base/buffer-writer.ts";
import { apis } from "../../../src/protocols/kafka/api-table.ts";
import type { Codec } from "../../../src/protocols/kafka/schema.ts";
import type { Fields } from "../../../src/protocols/kafka/types.ts";
import { arbitraryValue, type Value } from "./arbitrary-message.ts";

const seed = Date.now() >>> 0;

interface Case {
  readonly label: string;
  readonly codec: Codec<Fields>;
  readonly version: number;
  readonly isFlexible: boolean;
}

const cases: Case[] = apis.flatMap(({ message }) => {
  const [first, last] = message.versions;
  const versions = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return versions.flatMap((version) => {
    const isFlexible = version >= message.flexible;
    return [
      { label: `${message.name} request v${version}`, codec: message.request, version, isFlexible },
      { label: `${message.name} response v${version}`, codec: message.response, version, isFlexible },
    ];
  });
});

function encode({ codec, version }: Case, value: Value): Buffer {
  const writer = new BufferWriter();
  codec.encoder(version)(writer, value);
  return Buffer.concat(writer.finish());
}

function decode({ codec, version }: Case, bytes: Buffer): Value {
  const reader = new BufferReader(bytes);
  const value = codec.decoder(version)(reader);
  assert.equal(reader.remaining, 0);
  return value;
}

for (const one of cases) {
  test(`${one.label}: decoded as encoded, and no shorter frame is taken for a whole one`, () => {
    fc.assert(
      fc.property(arbitraryValue(one.codec.fields, one.version), fc.nat(), (value, cut) => {
        const bytes = encode(one, value);
        assert.deepEqual(decode(one, bytes), value);
        if (bytes.length === 0) return;
        const shorter = bytes.subarray(0, cut % bytes.length);
        assert.throws(() => decode(one, shorter), ProtocolError);
      }),
      { seed, numRuns: 60 },
    );
  });
}

test("random bytes decode or end in a ProtocolError, nothing else", () => {
  fc.assert(
    fc.property(fc.constantFrom(...cases), fc.uint8Array({ maxLength: 200 }), (one, bytes) => {
      try {
        one.codec.decoder(one.version)(new BufferReader(Buffer.from(bytes)));
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `${one.label}: ${error}`);
      }
    }),
    { seed, numRuns: 5000 },
  );
});

test("tagged fields that no table knows are skipped", () => {
  for (const one of cases.filter(({ isFlexible }) => isFlexible)) {
    fc.assert(
      fc.property(arbitraryValue(untagged(one.codec.fields), one.version), (value) => {
        const bytes = encode(one, value);
        assert.equal(bytes.at(-1), 0, "the last byte counts the tagged fields of the message");
        const unknown = Buffer.from("01c93e03aabbcc", "hex");
        const longer = Buffer.concat([bytes.subarray(0, -1), unknown]);
        assert.deepEqual(decode(one, longer), decode(one, bytes));
      }),
      { seed, numRuns: 10 },
    );
  }
});

/** Without the tagged fields of the outermost level, so that the encoding ends with their count of 0. */
function untagged(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field.tag === null));
}
