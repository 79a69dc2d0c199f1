import { HarnessError } from "../errors.ts";
import { nearest } from "../scenario/nearest.ts";

/** One option of a target: `integer` counts from 0, `decimal` is a number from 0, `text` is taken as it is. */
export interface OptionField {
  readonly kind: "integer" | "decimal" | "text";
  readonly summary: string;
}

export type OptionTable = Readonly<Record<string, OptionField>>;

/** Throws USAGE at the first option that the table does not have or whose value is none of its kind. */
export function checkOptions(
  target: string,
  table: OptionTable,
  options: Readonly<Record<string, string>>,
): void {
  const names = Object.keys(table);
  for (const [key, value] of Object.entries(options)) {
    const field = Object.hasOwn(table, key) ? table[key] : undefined;
    if (field === undefined) throw unknownOption(target, key, names);
    if (!matches(field, value)) {
      throw new HarnessError("USAGE", `target ${target}: ${key}=${value}: ${EXPECTED[field.kind]} expected`, {
        hint: `${key}: ${field.summary}`,
      });
    }
  }
}

const EXPECTED = { integer: "a whole number from 0", decimal: "a number from 0", text: "some text" } as const;

function matches(field: OptionField, value: string): boolean {
  if (field.kind === "text") return value.length > 0;
  const pattern = field.kind === "integer" ? /^\d{1,15}$/ : /^\d{1,15}(\.\d+)?$/;
  return pattern.test(value);
}

function unknownOption(target: string, key: string, names: readonly string[]): HarnessError {
  const near = nearest(key, names);
  const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
  return new HarnessError("USAGE", `target ${target} has no option "${key}"`, {
    hint: near === null ? known : `did you mean "${near}"? ${known}`,
  });
}
