/** Reading what clients put into names and argument tables. */
import type { FieldTable } from "../../mechanisms/message.ts";
import { AmqpError } from "./reply-codes.ts";

const INTEGER_TYPES: ReadonlySet<string> = new Set(["b", "B", "s", "u", "I", "i", "l"]);

/** null: absent or no string; what else may be wrong with it is the engine's to say. */
export function stringArgument(table: FieldTable, name: string): string | null {
  const value = table.find(([field]) => field === name)?.[1].value;
  return typeof value === "string" ? value : null;
}

/** null: absent. Throws PRECONDITION_FAILED when it is no integer. */
export function integerArgument(table: FieldTable, name: string): number | null {
  const field = table.find(([candidate]) => candidate === name)?.[1];
  if (field === undefined) return null;
  if (INTEGER_TYPES.has(field.type)) return Number(field.value);
  throw new AmqpError("PRECONDITION_FAILED", `invalid arg '${name}': expected an integer`);
}

/** RabbitMQ takes line breaks out of the names of what is declared, deleted and bound. */
export function withoutLineBreaks(name: string): string {
  return name.replace(/[\r\n]/g, "");
}

export function checkNotDefaultExchange(name: string): void {
  if (name === "") throw new AmqpError("ACCESS_REFUSED", "operation not permitted on the default exchange");
}
