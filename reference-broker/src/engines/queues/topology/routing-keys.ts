/** Sender-selected distribution: the CC and BCC headers add routing keys (RabbitMQ's extension). */
import type { FieldTable, FieldValue } from "../../../mechanisms/message.ts";
import { QueueError } from "../contract.ts";
import { FIELD_TYPE_NAMES } from "../queue/arguments.ts";
import { findField } from "./field-values.ts";

export const CC = "CC";
export const BCC = "BCC";

/** The keys that a header adds: the long strings of an array; other elements are passed over. Throws precondition-failed. */
export function headerKeys(headers: FieldTable, name: typeof CC | typeof BCC): readonly string[] {
  const field = findField(headers, name);
  if (field === undefined) return [];
  if (field.type !== "A") {
    throw new QueueError(
      "precondition-failed",
      `invalid message: {unacceptable_type_in_header,"${name}",${FIELD_TYPE_NAMES[field.type]}}`,
    );
  }
  return (field.value as readonly FieldValue[])
    .filter(({ type }) => type === "S")
    .map(({ value }) => String(value));
}

export function withoutField(headers: FieldTable, name: string): FieldTable {
  return headers.filter(([field]) => field !== name);
}

/** Bit 13 of the property flags, as it stands in their first octet. */
const HEADERS_FLAG = 0x20;

/** Whether a header can be there that the engine acts on. Without the headers property it costs one look at the flags. */
export function mayHold(properties: Buffer, names: readonly Buffer[]): boolean {
  if ((properties[0]! & HEADERS_FLAG) === 0) return false;
  return names.some((name) => properties.includes(name));
}
