import { type ExchangeDeclaration, QueueError } from "../contract.ts";
import { FIELD_TYPE_NAMES } from "../queue/arguments.ts";
import { ALTERNATE_EXCHANGE } from "./exchange.ts";
import { isExchangeType } from "./exchange-types.ts";
import { findField } from "./field-values.ts";
import { describeResource, RESERVED_PREFIX, reservedName } from "./resource-errors.ts";

/** Throws precondition-failed: RabbitMQ knows the type before it looks at anything else. */
export function requireKnownType(type: string): void {
  if (!isExchangeType(type)) throw new QueueError("precondition-failed", `unknown exchange type '${type}'`);
}

/** Of a name that is free. Throws access-refused for reserved names and precondition-failed for wrong arguments. */
export function checkNewExchange(declaration: ExchangeDeclaration, virtualHost: string): void {
  const { name } = declaration;
  if (name.startsWith(RESERVED_PREFIX)) throw reservedName("exchange", name);
  const alternate = findField(declaration.arguments, ALTERNATE_EXCHANGE);
  if (alternate === undefined || alternate.type === "S") return;
  const resource = describeResource("exchange", name, virtualHost);
  throw new QueueError(
    "precondition-failed",
    `invalid type '${FIELD_TYPE_NAMES[alternate.type]}' for arg '${ALTERNATE_EXCHANGE}' in ${resource}`,
  );
}
