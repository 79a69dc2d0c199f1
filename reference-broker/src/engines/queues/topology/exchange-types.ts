/** The exchange types: one table. */
import type { FieldTable, Message } from "../../../mechanisms/message.ts";
import type { ExchangeType } from "../contract.ts";
import { DirectBindings } from "./direct-bindings.ts";
import type { BindingRecord, Destination } from "./exchange.ts";
import { FanoutBindings } from "./fanout-bindings.ts";
import { HeadersBindings } from "./headers-bindings.ts";
import { TopicBindings } from "./topic-bindings.ts";

/** What of a message decides: routes are remembered by it. */
export type RoutedBy = "nothing" | "key" | "headers";

/** The bindings of one exchange as its type looks them up. */
export interface ExchangeBindings {
  readonly routedBy: RoutedBy;
  /** The record is new. */
  add(record: BindingRecord): void;
  /** The record was added. */
  remove(record: BindingRecord): void;
  /** Appends the destinations of all bindings that match, some of them twice. `keys`: of the message, CC and BCC included. */
  collect(keys: readonly string[], message: Message, found: Destination[]): void;
}

export const exchangeTypes: Readonly<Record<ExchangeType, () => ExchangeBindings>> = {
  direct: () => new DirectBindings(),
  fanout: () => new FanoutBindings(),
  topic: () => new TopicBindings(),
  headers: () => new HeadersBindings(),
};

export function isExchangeType(type: string): type is ExchangeType {
  return Object.hasOwn(exchangeTypes, type);
}

export interface PredeclaredExchange {
  readonly name: string;
  readonly type: ExchangeType;
  readonly internal: boolean;
}

/** In every virtual host (AMQP 3.1.3.1, and RabbitMQ's own for tracing). All are durable; the unnamed one is apart. */
export const PREDECLARED_EXCHANGES: readonly PredeclaredExchange[] = [
  { name: "amq.direct", type: "direct", internal: false },
  { name: "amq.fanout", type: "fanout", internal: false },
  { name: "amq.topic", type: "topic", internal: false },
  { name: "amq.headers", type: "headers", internal: false },
  { name: "amq.match", type: "headers", internal: false },
  { name: "amq.rabbitmq.trace", type: "topic", internal: true },
];

export const NO_ARGUMENTS: FieldTable = [];
