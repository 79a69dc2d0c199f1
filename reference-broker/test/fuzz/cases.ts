/** Bad input as fast-check values: each case is the exact bytes one connection sends. */
import { crc32c } from "@node-rs/crc32";
import fc from "fast-check";
import { CRC_START, encodeBatch } from "../support/wire-batch.ts";
import { frame, produceRequest, type Request } from "../support/wire-requests.ts";

export interface FuzzCase {
  readonly kind: string;
  readonly bytes: Buffer;
}

/** Any value that a correct sender never uses on this connection's last request. */
const CASE_CORRELATION_ID = 7;
const MAX_RANDOM_BYTES = 600;

const EXTREMES = [0, 1, -1, -2, 0x7f, 0x80, 0x7fff, 0x7fffffff, -0x80000000, 0x06400000, 0x06400001, 0x10000];

type Mutation =
  | { readonly op: "flip"; readonly at: number; readonly bit: number }
  | { readonly op: "byte"; readonly at: number; readonly value: number }
  | { readonly op: "int32"; readonly at: number; readonly value: number }
  | { readonly op: "cut"; readonly at: number; readonly length: number }
  | { readonly op: "insert"; readonly at: number; readonly bytes: Uint8Array };

const position = fc.nat({ max: 4096 });

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ op: fc.constant("flip" as const), at: position, bit: fc.nat({ max: 7 }) }),
  fc.record({ op: fc.constant("byte" as const), at: position, value: fc.nat({ max: 255 }) }),
  fc.record({ op: fc.constant("int32" as const), at: position, value: fc.constantFrom(...EXTREMES) }),
  fc.record({ op: fc.constant("cut" as const), at: position, length: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ op: fc.constant("insert" as const), at: position, bytes: fc.uint8Array({ maxLength: 16 }) }),
);

function mutate(bytes: Buffer, change: Mutation, from: number): Buffer {
  if (bytes.length <= from) return bytes;
  const at = from + (change.at % (bytes.length - from));
  const copy = Buffer.from(bytes);
  switch (change.op) {
    case "flip":
      copy[at] = copy[at]! ^ (1 << change.bit);
      return copy;
    case "byte":
      copy[at] = change.value;
      return copy;
    case "int32":
      if (at + 4 <= copy.length) copy.writeInt32BE(change.value, at);
      return copy;
    case "cut":
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)]);
    case "insert":
      return Buffer.concat([bytes.subarray(0, at), change.bytes, bytes.subarray(at)]);
  }
}

const mutateAll = (bytes: Buffer, changes: readonly Mutation[], from: number) =>
  changes.reduce((result, change) => mutate(result, change, from), bytes);

function withSizePrefix(content: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(content.length);
  return Buffer.concat([size, content]);
}

export function fuzzCase(topic: string, valid: readonly Request[]): fc.Arbitrary<FuzzCase> {
  const request = fc.constantFrom(...valid).map((one) => frame(one, CASE_CORRELATION_ID));
  const changes = fc.array(mutation, { minLength: 1, maxLength: 4 });
  const damaged = (kind: string, bytes: fc.Arbitrary<Buffer>) =>
    bytes.map((value) => ({ kind, bytes: value }));
  return fc.oneof(
    {
      weight: 8,
      arbitrary: damaged(
        "garbled body",
        fc
          .tuple(request, changes)
          .map(([bytes, list]) => withSizePrefix(mutateAll(bytes.subarray(4), list, 8))),
      ),
    },
    {
      weight: 4,
      arbitrary: damaged(
        "garbled frame",
        fc.tuple(request, changes).map(([bytes, list]) => mutateAll(bytes, list, 0)),
      ),
    },
    {
      weight: 3,
      arbitrary: damaged(
        "truncated",
        fc.tuple(request, position).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
      ),
    },
    { weight: 5, arbitrary: damaged("garbled batch", garbledBatch(topic, changes)) },
    { weight: 2, arbitrary: damaged("header and noise", headerAndNoise()) },
    { weight: 2, arbitrary: damaged("wrong size", wrongSize()) },
    {
      weight: 2,
      arbitrary: damaged(
        "noise",
        fc.uint8Array({ minLength: 1, maxLength: MAX_RANDOM_BYTES }).map(Buffer.from),
      ),
    },
    { weight: 1, arbitrary: damaged("other protocol", fc.constantFrom(...OTHER_PROTOCOLS)) },
  );
}

/** Damage under a CRC made right again, so that it gets past the checksum, or left wrong. */
function garbledBatch(topic: string, changes: fc.Arbitrary<Mutation[]>): fc.Arbitrary<Buffer> {
  const batch = encodeBatch([{ key: Buffer.from("k"), value: Buffer.from("garbled") }, { value: null }]);
  return fc.tuple(changes, fc.boolean(), fc.constantFrom(-1, 1)).map(([list, repair, acks]) => {
    const damaged = mutateAll(batch, list, 0);
    if (repair && damaged.length > CRC_START)
      damaged.writeInt32BE(crc32c(damaged.subarray(CRC_START)) | 0, 17);
    return frame(produceRequest(topic, 0, damaged, acks), CASE_CORRELATION_ID);
  });
}

/** A header any parser accepts, with keys and versions known and unknown, and a body of noise. */
function headerAndNoise(): fc.Arbitrary<Buffer> {
  const apiKey = fc.oneof(fc.integer({ min: 0, max: 95 }), fc.integer({ min: -32768, max: 32767 }));
  const version = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: -32768, max: 32767 }));
  return fc.tuple(apiKey, version, fc.uint8Array({ maxLength: 200 })).map(([key, apiVersion, body]) => {
    return frame({ apiKey: key, apiVersion, body: Buffer.from(body) }, CASE_CORRELATION_ID);
  });
}

function wrongSize(): fc.Arbitrary<Buffer> {
  const size = fc.oneof(
    fc.integer({ min: -0x80000000, max: 7 }),
    fc.integer({ min: 104_857_601, max: 0x7fffffff }),
    fc.constantFrom(...EXTREMES),
  );
  return fc.tuple(size, fc.uint8Array({ maxLength: 64 })).map(([value, rest]) => {
    const prefix = Buffer.alloc(4);
    prefix.writeInt32BE(value);
    return Buffer.concat([prefix, rest]);
  });
}

const OTHER_PROTOCOLS: readonly Buffer[] = [
  Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  Buffer.from("AMQP\x00\x00\x09\x01", "latin1"),
  Buffer.from("SSH-2.0-OpenSSH_9.6\r\n"),
  Buffer.from("*1\r\n$4\r\nPING\r\n"),
  Buffer.from([
    0x16,
    0x03,
    0x01,
    0x00,
    0x2f,
    0x01,
    0x00,
    0x00,
    0x2b,
    0x03,
    0x03,
    ...Array(32).fill(0x5a),
    0x00,
  ]),
];
