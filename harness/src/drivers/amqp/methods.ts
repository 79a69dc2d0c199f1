/**
 * The AMQP 0-9-1 methods that load needs, with RabbitMQ's confirm class: number and fields of each, in order. A codec of
 * our own, small and for load only, so that no broker's codec vouches for itself.
 */
export type FieldType = "bit" | "octet" | "short" | "long" | "longlong" | "shortstr" | "longstr" | "table";

type Fields = Readonly<Record<string, FieldType>>;

interface MethodSpec {
  /** Class and method number. */
  readonly id: readonly [classId: number, methodId: number];
  readonly fields: Fields;
}

const method = <const F extends Fields>(classId: number, methodId: number, fields: F) =>
  ({ id: [classId, methodId], fields }) as const satisfies MethodSpec;

const queueCounts = { queue: "shortstr", messageCount: "long", consumerCount: "long" } as const;
const closing = { replyCode: "short", replyText: "shortstr", classId: "short", methodId: "short" } as const;

export const METHODS = {
  "connection.start": method(10, 10, {
    versionMajor: "octet",
    versionMinor: "octet",
    serverProperties: "table",
    mechanisms: "longstr",
    locales: "longstr",
  }),
  "connection.start-ok": method(10, 11, {
    clientProperties: "table",
    mechanism: "shortstr",
    response: "longstr",
    locale: "shortstr",
  }),
  "connection.tune": method(10, 30, { channelMax: "short", frameMax: "long", heartbeat: "short" }),
  "connection.tune-ok": method(10, 31, { channelMax: "short", frameMax: "long", heartbeat: "short" }),
  "connection.open": method(10, 40, { virtualHost: "shortstr", reserved1: "shortstr", reserved2: "bit" }),
  "connection.open-ok": method(10, 41, { reserved1: "shortstr" }),
  "connection.close": method(10, 50, closing),
  "connection.close-ok": method(10, 51, {}),
  "connection.blocked": method(10, 60, { reason: "shortstr" }),
  "connection.unblocked": method(10, 61, {}),
  "channel.open": method(20, 10, { reserved1: "shortstr" }),
  "channel.open-ok": method(20, 11, { reserved1: "longstr" }),
  "channel.flow": method(20, 20, { active: "bit" }),
  "channel.flow-ok": method(20, 21, { active: "bit" }),
  "channel.close": method(20, 40, closing),
  "channel.close-ok": method(20, 41, {}),
  "exchange.declare": method(40, 10, {
    reserved1: "short",
    exchange: "shortstr",
    type: "shortstr",
    passive: "bit",
    durable: "bit",
    autoDelete: "bit",
    internal: "bit",
    noWait: "bit",
    arguments: "table",
  }),
  "exchange.declare-ok": method(40, 11, {}),
  "exchange.delete": method(40, 20, {
    reserved1: "short",
    exchange: "shortstr",
    ifUnused: "bit",
    noWait: "bit",
  }),
  "exchange.delete-ok": method(40, 21, {}),
  "queue.declare": method(50, 10, {
    reserved1: "short",
    queue: "shortstr",
    passive: "bit",
    durable: "bit",
    exclusive: "bit",
    autoDelete: "bit",
    noWait: "bit",
    arguments: "table",
  }),
  "queue.declare-ok": method(50, 11, queueCounts),
  "queue.bind": method(50, 20, {
    reserved1: "short",
    queue: "shortstr",
    exchange: "shortstr",
    routingKey: "shortstr",
    noWait: "bit",
    arguments: "table",
  }),
  "queue.bind-ok": method(50, 21, {}),
  "queue.delete": method(50, 40, {
    reserved1: "short",
    queue: "shortstr",
    ifUnused: "bit",
    ifEmpty: "bit",
    noWait: "bit",
  }),
  "queue.delete-ok": method(50, 41, { messageCount: "long" }),
  "basic.qos": method(60, 10, { prefetchSize: "long", prefetchCount: "short", global: "bit" }),
  "basic.qos-ok": method(60, 11, {}),
  "basic.consume": method(60, 20, {
    reserved1: "short",
    queue: "shortstr",
    consumerTag: "shortstr",
    noLocal: "bit",
    noAck: "bit",
    exclusive: "bit",
    noWait: "bit",
    arguments: "table",
  }),
  "basic.consume-ok": method(60, 21, { consumerTag: "shortstr" }),
  "basic.cancel": method(60, 30, { consumerTag: "shortstr", noWait: "bit" }),
  "basic.cancel-ok": method(60, 31, { consumerTag: "shortstr" }),
  "basic.publish": method(60, 40, {
    reserved1: "short",
    exchange: "shortstr",
    routingKey: "shortstr",
    mandatory: "bit",
    immediate: "bit",
  }),
  "basic.deliver": method(60, 60, {
    consumerTag: "shortstr",
    deliveryTag: "longlong",
    redelivered: "bit",
    exchange: "shortstr",
    routingKey: "shortstr",
  }),
  "basic.ack": method(60, 80, { deliveryTag: "longlong", multiple: "bit" }),
  "basic.nack": method(60, 120, { deliveryTag: "longlong", multiple: "bit", requeue: "bit" }),
  "confirm.select": method(85, 10, { noWait: "bit" }),
  "confirm.select-ok": method(85, 11, {}),
} as const satisfies Record<string, MethodSpec>;

export type MethodName = keyof typeof METHODS;

type ValueOf<T extends FieldType> = T extends "bit"
  ? boolean
  : T extends "shortstr" | "longstr"
    ? string
    : T extends "table"
      ? FieldTable
      : number;

/** What a field table of ours may hold: text, whole numbers, flags and tables of these. */
export interface FieldTable {
  readonly [key: string]: string | number | boolean | FieldTable;
}

export type MethodArguments<N extends MethodName> = {
  -readonly [F in keyof (typeof METHODS)[N]["fields"]]: (typeof METHODS)[N]["fields"][F] extends FieldType
    ? ValueOf<(typeof METHODS)[N]["fields"][F]>
    : never;
};

/** Class number in the upper, method number in the lower 16 bits, as they lie on the wire. */
export const methodKey = (name: MethodName): number => METHODS[name].id[0] * 0x10000 + METHODS[name].id[1];

const NAMES = new Map((Object.keys(METHODS) as MethodName[]).map((name) => [methodKey(name), name]));

export function methodOfKey(key: number): MethodName | undefined {
  return NAMES.get(key);
}
