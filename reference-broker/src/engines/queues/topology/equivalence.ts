/** Whether a declaration means what is there already. RabbitMQ names the first difference. */
import type { FieldTable, FieldValue } from "../../../mechanisms/message.ts";
import { QueueError } from "../contract.ts";
import { FIELD_TYPE_NAMES } from "../queue/arguments.ts";
import { findField, sameValue } from "./field-values.ts";

const CLASSIC: FieldValue = { type: "S", value: "classic" };

/** Throws precondition-failed when the values differ. `resource`: "queue 'q' in vhost '/'". */
export function requireSameField(
  name: string,
  resource: string,
  received: string | boolean,
  current: string | boolean,
): void {
  if (received !== current) throw inequivalent(name, resource, `'${received}'`, `'${current}'`);
}

/** Compares the arguments of these names: integers of all widths are alike, and so are floats. */
export function requireSameArguments(
  names: readonly string[],
  resource: string,
  received: FieldTable,
  current: FieldTable,
): void {
  for (const name of names) {
    const given = findArgument(received, name);
    const present = findArgument(current, name);
    if (given === undefined && present === undefined) continue;
    if (given === undefined || present === undefined) {
      throw inequivalent(name, resource, printField(given), printField(present));
    }
    if (sameValue(given.value, present.value)) continue;
    throw inequivalent(name, resource, printValue(given.value), printValue(present.value));
  }
}

/** A queue without a type is a classic one. */
function findArgument(table: FieldTable, name: string): FieldValue | undefined {
  return findField(table, name) ?? (name === "x-queue-type" ? CLASSIC : undefined);
}

function inequivalent(name: string, resource: string, received: string, current: string): QueueError {
  return new QueueError(
    "precondition-failed",
    `inequivalent arg '${name}' for ${resource}: received ${received} but current is ${current}`,
  );
}

function printField(field: FieldValue | undefined): string {
  return field === undefined
    ? "none"
    : `the value ${printValue(field.value)} of type '${FIELD_TYPE_NAMES[field.type]}'`;
}

function printValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return `'${String(value)}'`;
  return `'${JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part))}'`;
}
