import type { FieldTable, FieldValue, Message } from "../../../mechanisms/message.ts";
import { QueueError } from "../contract.ts";
import { FIELD_TYPE_NAMES } from "../queue/arguments.ts";
import type { BindingRecord, Destination } from "./exchange.ts";
import type { ExchangeBindings } from "./exchange-types.ts";
import { findField, sameValue } from "./field-values.ts";

const X_MATCH = "x-match";
const KINDS: readonly unknown[] = ["all", "any", "all-with-x", "any-with-x"];

/** Throws precondition-failed for an x-match that RabbitMQ does not know. */
export function checkHeadersBinding(table: FieldTable): void {
  const match = findField(table, X_MATCH);
  if (match === undefined || (match.type === "S" && KINDS.includes(match.value))) return;
  // Erlang's way of printing strings: binaries as <<"…">>.
  const printed = match.type === "S" ? `<<"${match.value}">>` : String(match.value);
  throw new QueueError(
    "precondition-failed",
    match.type === "S"
      ? `Invalid x-match field value ${printed}; expected all, any, all-with-x, or any-with-x`
      : `Invalid x-match field type ${FIELD_TYPE_NAMES[match.type]} (value ${printed}); expected longstr`,
  );
}

/** The arguments of a binding made ready to be compared with headers. */
export class HeadersMatcher {
  readonly #any: boolean;
  readonly #wanted: (readonly [name: string, value: FieldValue])[];

  /** `x-` arguments count only with the kinds that say so, and x-match never does. */
  constructor(table: FieldTable) {
    const kind = String(findField(table, X_MATCH)?.value ?? "all");
    const withX = kind.endsWith("-with-x");
    this.#any = kind.startsWith("any");
    this.#wanted = table.filter(([name]) => name !== X_MATCH && (withX || !name.startsWith("x-")));
  }

  matches(headers: FieldTable): boolean {
    const test = ([name, wanted]: readonly [string, FieldValue]) => {
      const present = findField(headers, name);
      // A void argument asks for presence only.
      return present !== undefined && (wanted.type === "V" || sameValue(wanted.value, present.value));
    };
    return this.#any ? this.#wanted.some(test) : this.#wanted.every(test);
  }
}

const NO_HEADERS: FieldTable = [];

/** Bindings match by their arguments and the message's headers; keys are ignored. */
export class HeadersBindings implements ExchangeBindings {
  readonly routedBy = "headers";
  readonly #matchers = new Map<BindingRecord, HeadersMatcher>();

  add(record: BindingRecord): void {
    this.#matchers.set(record, new HeadersMatcher(record.arguments));
  }

  remove(record: BindingRecord): void {
    this.#matchers.delete(record);
  }

  collect(_keys: readonly string[], message: Message, found: Destination[]): void {
    const headers = message.headers() ?? NO_HEADERS;
    for (const [record, matcher] of this.#matchers) {
      if (matcher.matches(headers)) found.push(record.destination);
    }
  }
}
