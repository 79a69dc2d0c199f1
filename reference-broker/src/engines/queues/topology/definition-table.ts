import { decodeFieldTable, encodeFieldTable } from "../../../mechanisms/field-table.ts";
import type { FieldTable } from "../../../mechanisms/message.ts";

/** A field table within JSON: its bytes as base64. Loses nothing, and equal tables are equal strings. */
export type StoredTable = string;

export function storeTable(table: FieldTable): StoredTable {
  return encodeFieldTable(table).toString("base64");
}

export function restoreTable(stored: StoredTable): FieldTable {
  return decodeFieldTable(Buffer.from(stored, "base64"));
}
