import type { FieldTable } from "../../../mechanisms/message.ts";
import { storeTable } from "./definition-table.ts";
import type { ResourceKind } from "./resource-errors.ts";

/** One string for what makes bindings of one source the same. The order of arguments does not count, their types do. */
export function bindingIdentity(
  kind: ResourceKind,
  destination: string,
  routingKey: string,
  table: FieldTable,
): string {
  const sorted = [...table].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify([kind, destination, routingKey, storeTable(sorted)]);
}
