/** Bad AMQP input as fast-check values: each case is the exact bytes one connection sends. */
import fc from "fast-check";
import type { FieldTable } from "../../src/mechanisms/message.ts";
import { METHODS, type MethodName } from "../../src/protocols/amqp/methods/table.ts";
import {
  BODY_FRAME,
  body,
  frame,
  HEADER_FRAME,
  header,
  METHOD_FRAME,
  method,
  PROTOCOL_HEADER,
  publish,
} from "../support/amqp-frames.ts";

export interface AmqpFuzzCase {
  readonly kind: string;
  readonly bytes: Buffer;
}

/** What every connection starts with when it gets as far as a channel; the broker's answers are not waited for. */
const LOGIN = Buffer.concat([
  PROTOCOL_HEADER,
  method(0, "connection.start-ok", {
    ...{ clientProperties: [], mechanism: "PLAIN", response: Buffer.from("\0guest\0guest"), locale: "en_US" },
  }),
  method(0, "connection.tune-ok", { channelMax: 8, frameMax: 8192, heartbeat: 0 }),
  method(0, "connection.open", { virtualHost: "/" }),
  method(1, "channel.open", {}),
]);

const EXTREMES = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, 0x10000, 0x20000];
const NAMES = ["fuzz", "", "amq.topic", "amq.rabbitmq.reply-to", "none", "amq.direct", "x".repeat(255)];
/** What a case may have declared, besides "fuzz". */
export const STRAY_QUEUES = NAMES.filter((name) => name !== "fuzz" && name !== "");
const MAX_RANDOM_BYTES = 600;

const table: fc.Arbitrary<FieldTable> = fc.array(
  fc.tuple(
    fc.constantFrom(
      "x-max-length",
      "x-message-ttl",
      "x-expires",
      "x-match",
      "x-overflow",
      "x-priority",
      "CC",
    ),
    fc.oneof(
      fc.integer({ min: -5, max: 100 }).map((value) => ({ type: "I" as const, value })),
      fc.constantFrom("all", "any", "drop-head", "reject-publish").map((value) => ({
        type: "S" as const,
        value,
      })),
      fc.boolean().map((value) => ({ type: "t" as const, value })),
      fc.constant({ type: "A" as const, value: [] }),
    ),
  ),
  { maxLength: 3 },
);

const FIELDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bit: fc.boolean(),
  octet: fc.nat({ max: 255 }),
  short: fc.constantFrom(0, 1, 2, 100, 0xffff),
  long: fc.constantFrom(0, 1, 4096, 0xffffffff),
  longlong: fc.constantFrom(0, 1, 2, 3, 2 ** 40),
  shortstr: fc.constantFrom(...NAMES),
  longstr: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  table,
};

const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/** Any method on any channel, with arguments of the right types. */
const anyMethod: fc.Arbitrary<Buffer> = fc.constantFrom(...METHOD_NAMES).chain((name) => {
  const specs = Object.entries(METHODS[name].fields).filter(([, spec]) => !spec.startsWith("reserved"));
  const fields = Object.fromEntries(specs.map(([field, spec]) => [field, FIELDS[spec]!]));
  return fc
    .tuple(fc.constantFrom(1, 1, 1, 1, 0, 2, 9, 0xffff), fc.record(fields))
    .map(([channel, values]) => method(channel, name, values as never));
});

const anyPublish: fc.Arbitrary<Buffer> = fc
  .record({
    exchange: fc.constantFrom("", "amq.fanout", "amq.topic", "none"),
    routingKey: fc.constantFrom("fuzz", "none", "amq.rabbitmq.reply-to.x"),
    content: fc.uint8Array({ maxLength: 50 }),
    mandatory: fc.boolean(),
    flags: fc.constantFrom(0, 0x1000, 0x2000, 0x8000, 0xffff, 0x0100),
    properties: fc.uint8Array({ maxLength: 30 }),
  })
  .map(({ exchange, routingKey, content, mandatory, flags, properties }) => {
    const list = Buffer.concat([Buffer.from([flags >> 8, flags & 0xff]), properties]);
    return publish(1, exchange, routingKey, Buffer.from(content), { mandatory, properties: list });
  });

const contentFrame: fc.Arbitrary<Buffer> = fc.oneof(
  fc.tuple(fc.nat({ max: 3 }), fc.constantFrom(...EXTREMES)).map(([channel, size]) => header(channel, size)),
  fc
    .tuple(fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 100 }))
    .map(([channel, bytes]) => body(channel, Buffer.from(bytes))),
  fc
    .tuple(fc.constantFrom(METHOD_FRAME, HEADER_FRAME, BODY_FRAME), fc.uint8Array({ maxLength: 40 }))
    .map(([type, bytes]) => frame(type, 1, Buffer.from(bytes))),
);

const script = fc
  .array(fc.oneof({ weight: 4, arbitrary: anyMethod }, { weight: 3, arbitrary: anyPublish }, contentFrame), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => Buffer.concat(parts));

type Mutation = (bytes: Buffer) => Buffer;

const position = fc.nat({ max: 4096 });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, fc.nat({ max: 7 })).map(([at, bit]): Mutation => {
    return (bytes) => edit(bytes, at, (copy, i) => (copy[i] = copy[i]! ^ (1 << bit)));
  }),
  fc.tuple(position, fc.nat({ max: 255 })).map(([at, value]): Mutation => {
    return (bytes) => edit(bytes, at, (copy, i) => (copy[i] = value));
  }),
  fc.tuple(position, fc.constantFrom(...EXTREMES)).map(([at, value]): Mutation => {
    return (bytes) =>
      edit(bytes, at, (copy, i) => {
        if (i + 4 <= copy.length) copy.writeUInt32BE(value, i);
      });
  }),
  fc.tuple(position, fc.integer({ min: 1, max: 40 })).map(([at, length]): Mutation => {
    return (bytes) => {
      const start = at % bytes.length;
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)]);
    };
  }),
);

function edit(bytes: Buffer, at: number, change: (copy: Buffer, i: number) => void): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  change(copy, at % copy.length);
  return copy;
}

const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
const mutated = (bytes: fc.Arbitrary<Buffer>) =>
  fc.tuple(bytes, mutations).map(([value, list]) => list.reduce((result, change) => change(result), value));

const loggedIn = (bytes: fc.Arbitrary<Buffer>) => bytes.map((rest) => Buffer.concat([LOGIN, rest]));
const named = (kind: string, bytes: fc.Arbitrary<Buffer>) =>
  bytes.map((value): AmqpFuzzCase => ({ kind, bytes: value }));
const noise = fc.uint8Array({ minLength: 1, maxLength: MAX_RANDOM_BYTES }).map((bytes) => Buffer.from(bytes));

export const amqpFuzzCase: fc.Arbitrary<AmqpFuzzCase> = fc.oneof(
  { weight: 6, arbitrary: named("methods in any order", loggedIn(script)) },
  { weight: 6, arbitrary: named("garbled methods", loggedIn(mutated(script))) },
  { weight: 2, arbitrary: named("garbled login", mutated(fc.constant(LOGIN))) },
  {
    weight: 2,
    arbitrary: named(
      "truncated",
      loggedIn(fc.tuple(script, position).map(([bytes, at]) => bytes.subarray(0, at % bytes.length))),
    ),
  },
  { weight: 2, arbitrary: named("noise after login", loggedIn(noise)) },
  { weight: 1, arbitrary: named("noise", noise) },
  {
    weight: 1,
    arbitrary: named(
      "header and noise",
      noise.map((bytes) => Buffer.concat([PROTOCOL_HEADER, bytes])),
    ),
  },
);
