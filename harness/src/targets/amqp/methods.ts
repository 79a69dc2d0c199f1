/**
 * The methods of AMQP 0-9-1 that probing a broker needs (amqp0-9-1.xml), as one table; codec and types derive from it.
 * Not the table of the load driver nor that of conformance: a probe must not share their mistakes.
 */
export type FieldKind = "octet" | "short" | "long" | "longLong" | "shortString" | "longString" | "table";

export interface Method {
  readonly classId: number;
  readonly methodId: number;
  /** In the order of the wire. Bits that follow each other are one octet, named `bits`, lowest first. */
  readonly fields: Readonly<Record<string, FieldKind>>;
}

const method = <const F extends Method["fields"]>(classId: number, methodId: number, fields: F) => ({
  classId,
  methodId,
  fields,
});

const closed = {
  replyCode: "short",
  replyText: "shortString",
  failedClassId: "short",
  failedMethodId: "short",
} as const;
const delivered = {
  deliveryTag: "longLong",
  bits: "octet",
  exchange: "shortString",
  routingKey: "shortString",
  messageCount: "long",
} as const;

export const METHODS = {
  connectionStart: method(10, 10, {
    versionMajor: "octet",
    versionMinor: "octet",
    serverProperties: "table",
    mechanisms: "longString",
    locales: "longString",
  }),
  connectionStartOk: method(10, 11, {
    clientProperties: "table",
    mechanism: "shortString",
    response: "longString",
    locale: "shortString",
  }),
  connectionTune: method(10, 30, { channelMax: "short", frameMax: "long", heartbeatSeconds: "short" }),
  connectionTuneOk: method(10, 31, { channelMax: "short", frameMax: "long", heartbeatSeconds: "short" }),
  connectionOpen: method(10, 40, { virtualHost: "shortString", reserved: "shortString", bits: "octet" }),
  connectionOpenOk: method(10, 41, { reserved: "shortString" }),
  connectionClose: method(10, 50, closed),
  connectionCloseOk: method(10, 51, {}),
  channelOpen: method(20, 10, { reserved: "shortString" }),
  channelOpenOk: method(20, 11, { reserved: "longString" }),
  channelClose: method(20, 40, closed),
  /** bits: passive, durable, exclusive, auto-delete, no-wait. */
  queueDeclare: method(50, 10, {
    reserved: "short",
    queue: "shortString",
    bits: "octet",
    arguments: "table",
  }),
  queueDeclareOk: method(50, 11, { queue: "shortString", messageCount: "long", consumerCount: "long" }),
  /** bits: if-unused, if-empty, no-wait. */
  queueDelete: method(50, 40, { reserved: "short", queue: "shortString", bits: "octet" }),
  queueDeleteOk: method(50, 41, { messageCount: "long" }),
  /** bits: mandatory, immediate. */
  basicPublish: method(60, 40, {
    reserved: "short",
    exchange: "shortString",
    routingKey: "shortString",
    bits: "octet",
  }),
  /** bits: no-ack. */
  basicGet: method(60, 70, { reserved: "short", queue: "shortString", bits: "octet" }),
  basicGetOk: method(60, 71, delivered),
  basicGetEmpty: method(60, 72, { reserved: "shortString" }),
  basicAck: method(60, 80, { deliveryTag: "longLong", bits: "octet" }),
  basicNack: method(60, 120, { deliveryTag: "longLong", bits: "octet" }),
  confirmSelect: method(85, 10, { bits: "octet" }),
  confirmSelectOk: method(85, 11, {}),
} as const satisfies Record<string, Method>;

export type MethodName = keyof typeof METHODS;

/** `longLong` as number: exact to 2^53. Values of a table are what the broker sent, as JavaScript has them. */
export type FieldTable = Readonly<Record<string, unknown>>;

type ValueOf<K> = K extends "table" ? FieldTable : K extends "shortString" | "longString" ? string : number;
type FieldsOf<N extends MethodName> = (typeof METHODS)[N]["fields"];

/** What decoding gives. */
export type MethodValues<N extends MethodName> = {
  readonly [F in keyof FieldsOf<N>]: ValueOf<FieldsOf<N>[F]>;
};

export interface DecodedMethod<N extends MethodName = MethodName> {
  readonly name: N;
  readonly values: MethodValues<N>;
}
