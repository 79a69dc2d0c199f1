import type { FieldTable, FieldValue } from "../../mechanisms/message.ts";

/** Extensions of AMQP 0-9-1, in RabbitMQ's names. */
const CAPABILITIES = [
  "publisher_confirms",
  "exchange_exchange_bindings",
  "basic.nack",
  "consumer_cancel_notify",
  "connection.blocked",
  "consumer_priorities",
  "authentication_failure_close",
  "per_consumer_qos",
  "direct_reply_to",
] as const;

/** connection.start, server-properties. */
export function serverProperties(version: string): FieldTable {
  const text = (value: string): FieldValue => ({ type: "S", value });
  const capabilities: FieldTable = CAPABILITIES.map((name) => [name, { type: "t", value: true }]);
  return [
    ["capabilities", { type: "F", value: capabilities }],
    ["product", text("Brokermark")],
    ["version", text(version)],
    ["platform", text(`Node.js ${process.version}`)],
    ["information", text("Brokermark reference broker; behaves as RabbitMQ 4")],
  ];
}
