/**
 * AMQP 0-9-1 methods as the conformance cases know them: one table, from which encoding, decoding and the words of
 * failure reports come. Written from the specification's grammar for this folder alone: neither the load driver nor the
 * broker under test shares it, so that no mistake vouches for itself.
 */
export type ArgumentType = "octet" | "short" | "long" | "longlong" | "bit" | "shortstr" | "longstr" | "table";

export interface MethodShape {
  readonly name: string;
  readonly classId: number;
  readonly methodId: number;
  readonly fields: readonly (readonly [name: string, type: ArgumentType])[];
  /** A content header and body follow. */
  readonly content: boolean;
}

const CLASSES = {
  connection: 10,
  channel: 20,
  exchange: 40,
  queue: 50,
  basic: 60,
  confirm: 85,
  tx: 90,
} as const;

/** Per line: name, method id, fields as `name:type`. A `+` before the id says that content follows. */
const NOTATION = `
connection.start 10 versionMajor:octet versionMinor:octet serverProperties:table mechanisms:longstr locales:longstr
connection.start-ok 11 clientProperties:table mechanism:shortstr response:longstr locale:shortstr
connection.secure 20 challenge:longstr
connection.secure-ok 21 response:longstr
connection.tune 30 channelMax:short frameMax:long heartbeat:short
connection.tune-ok 31 channelMax:short frameMax:long heartbeat:short
connection.open 40 virtualHost:shortstr reserved1:shortstr reserved2:bit
connection.open-ok 41 reserved1:shortstr
connection.close 50 replyCode:short replyText:shortstr classId:short methodId:short
connection.close-ok 51
connection.blocked 60 reason:shortstr
connection.unblocked 61
connection.update-secret 70 newSecret:longstr reason:shortstr
connection.update-secret-ok 71
channel.open 10 reserved1:shortstr
channel.open-ok 11 reserved1:longstr
channel.flow 20 active:bit
channel.flow-ok 21 active:bit
channel.close 40 replyCode:short replyText:shortstr classId:short methodId:short
channel.close-ok 41
exchange.declare 10 reserved1:short exchange:shortstr type:shortstr passive:bit durable:bit autoDelete:bit internal:bit noWait:bit arguments:table
exchange.declare-ok 11
exchange.delete 20 reserved1:short exchange:shortstr ifUnused:bit noWait:bit
exchange.delete-ok 21
exchange.bind 30 reserved1:short destination:shortstr source:shortstr routingKey:shortstr noWait:bit arguments:table
exchange.bind-ok 31
exchange.unbind 40 reserved1:short destination:shortstr source:shortstr routingKey:shortstr noWait:bit arguments:table
exchange.unbind-ok 51
queue.declare 10 reserved1:short queue:shortstr passive:bit durable:bit exclusive:bit autoDelete:bit noWait:bit arguments:table
queue.declare-ok 11 queue:shortstr messageCount:long consumerCount:long
queue.bind 20 reserved1:short queue:shortstr exchange:shortstr routingKey:shortstr noWait:bit arguments:table
queue.bind-ok 21
queue.purge 30 reserved1:short queue:shortstr noWait:bit
queue.purge-ok 31 messageCount:long
queue.delete 40 reserved1:short queue:shortstr ifUnused:bit ifEmpty:bit noWait:bit
queue.delete-ok 41 messageCount:long
queue.unbind 50 reserved1:short queue:shortstr exchange:shortstr routingKey:shortstr arguments:table
queue.unbind-ok 51
basic.qos 10 prefetchSize:long prefetchCount:short global:bit
basic.qos-ok 11
basic.consume 20 reserved1:short queue:shortstr consumerTag:shortstr noLocal:bit noAck:bit exclusive:bit noWait:bit arguments:table
basic.consume-ok 21 consumerTag:shortstr
basic.cancel 30 consumerTag:shortstr noWait:bit
basic.cancel-ok 31 consumerTag:shortstr
basic.publish +40 reserved1:short exchange:shortstr routingKey:shortstr mandatory:bit immediate:bit
basic.return +50 replyCode:short replyText:shortstr exchange:shortstr routingKey:shortstr
basic.deliver +60 consumerTag:shortstr deliveryTag:longlong redelivered:bit exchange:shortstr routingKey:shortstr
basic.get 70 reserved1:short queue:shortstr noAck:bit
basic.get-ok +71 deliveryTag:longlong redelivered:bit exchange:shortstr routingKey:shortstr messageCount:long
basic.get-empty 72 reserved1:shortstr
basic.ack 80 deliveryTag:longlong multiple:bit
basic.reject 90 deliveryTag:longlong requeue:bit
basic.recover-async 100 requeue:bit
basic.recover 110 requeue:bit
basic.recover-ok 111
basic.nack 120 deliveryTag:longlong multiple:bit requeue:bit
confirm.select 10 noWait:bit
confirm.select-ok 11
tx.select 10
tx.select-ok 11
tx.commit 20
tx.commit-ok 21
tx.rollback 30
tx.rollback-ok 31
`;

function parseLine(line: string): MethodShape {
  const [name, id, ...fields] = line.split(" ") as [string, string, ...string[]];
  return {
    name,
    classId: CLASSES[name.slice(0, name.indexOf(".")) as keyof typeof CLASSES],
    methodId: Number(id.replace("+", "")),
    content: id.startsWith("+"),
    fields: fields.map((field) => field.split(":") as [string, ArgumentType]),
  };
}

const METHODS = NOTATION.trim().split("\n").map(parseLine);

export const METHODS_BY_NAME: ReadonlyMap<string, MethodShape> = new Map(
  METHODS.map((method) => [method.name, method]),
);

const BY_ID = new Map(METHODS.map((method) => [(method.classId << 16) | method.methodId, method]));

export function methodById(classId: number, methodId: number): MethodShape | undefined {
  return BY_ID.get((classId << 16) | methodId);
}

/** Basic content properties, highest flag bit first (AMQP 4.2.6.1). */
export const PROPERTIES: readonly (readonly [name: keyof Properties, type: PropertyType])[] = [
  ["contentType", "shortstr"],
  ["contentEncoding", "shortstr"],
  ["headers", "table"],
  ["deliveryMode", "octet"],
  ["priority", "octet"],
  ["correlationId", "shortstr"],
  ["replyTo", "shortstr"],
  ["expiration", "shortstr"],
  ["messageId", "shortstr"],
  ["timestamp", "timestamp"],
  ["type", "shortstr"],
  ["userId", "shortstr"],
  ["appId", "shortstr"],
  ["clusterId", "shortstr"],
];

export type PropertyType = "shortstr" | "octet" | "table" | "timestamp";

export interface Properties {
  contentType?: string;
  contentEncoding?: string;
  /** Plain values or Fields when sent; plain values when received (see `headerTable` of a message for the types). */
  headers?: Record<string, unknown>;
  deliveryMode?: number;
  priority?: number;
  correlationId?: string;
  replyTo?: string;
  expiration?: string;
  messageId?: string;
  /** Seconds since 1970. */
  timestamp?: number;
  type?: string;
  userId?: string;
  appId?: string;
  clusterId?: string;
}
