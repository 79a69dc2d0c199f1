/** Field tables (AMQP 4.2.5.5) as bytes: lossless for every type RabbitMQ knows, names in their order. */
import { FieldReader } from "./field-table-reader.ts";
import { FieldWriter } from "./field-table-writer.ts";
import type { FieldTable } from "./message.ts";

/** `bytes`: a length and that many octets of fields, nothing more. Throws FieldSyntaxError. */
export function decodeFieldTable(bytes: Buffer): FieldTable {
  const reader = new FieldReader(bytes);
  const table = reader.table();
  reader.expectEnd();
  return table;
}

/** With its length before it. Throws RangeError for a value that its type cannot hold or a name over 255 bytes. */
export function encodeFieldTable(table: FieldTable): Buffer {
  const writer = new FieldWriter();
  writer.table(table);
  return writer.finish();
}
