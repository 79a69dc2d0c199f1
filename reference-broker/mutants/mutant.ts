/**
 * A mutant makes the broker misbehave in one known way, so that a conformance case can be seen to notice it. It wraps a
 * method of a class or a handler of the table before the broker is built, and only when `--mutant` names it: the broker
 * itself never asks for one.
 */
import { invariant } from "../src/base/invariant.ts";
import type { FieldTable } from "../src/mechanisms/message.ts";
import type { Channel } from "../src/protocols/amqp/channel.ts";
import { HANDLERS } from "../src/protocols/amqp/handler-table.ts";
import type { MethodFields, MethodName } from "../src/protocols/amqp/methods/table.ts";

export interface Mutant {
  /** What the broker does wrong, one sentence. */
  readonly fault: string;
  /** A real bug of that kind, or the rule that it breaks. */
  readonly like: string;
  /** Called once, before anything of the broker is built. */
  apply(): void;
}

type Handler<Name extends MethodName> = (
  channel: Channel,
  fields: MethodFields[Name],
) => void | Promise<void>;

/** Puts another handler in the place of a method's. */
export function replaceHandler<Name extends MethodName>(
  name: Name,
  make: (original: Handler<Name>) => Handler<Name>,
): void {
  const table = HANDLERS as { [Key in MethodName]?: Handler<Key> };
  const original = table[name] as Handler<Name> | undefined;
  invariant(original !== undefined, `there is a handler of ${name}`);
  (table as Record<string, unknown>)[name] = make(original);
}

/** The handler gets other fields than the client sent. */
export function alterFields<Name extends MethodName>(
  name: Name,
  alter: (fields: MethodFields[Name]) => Partial<MethodFields[Name]>,
): void {
  replaceHandler(name, (original) => (channel, fields) => original(channel, { ...fields, ...alter(fields) }));
}

/** Puts another method in the place of a class's; `make` gets the original, to be called with its `this`. */
export function replaceMethod<Instance extends object, Name extends keyof Instance>(
  prototype: Instance,
  name: Name,
  make: (original: Instance[Name]) => Instance[Name] & ThisType<Instance>,
): void {
  const original = prototype[name];
  invariant(typeof original === "function", `${String(name)} is a method`);
  prototype[name] = make(original);
}

/** The table without the entries of these names. */
export function without(table: FieldTable, ...names: readonly string[]): FieldTable {
  return table.filter(([name]) => !names.includes(name));
}
