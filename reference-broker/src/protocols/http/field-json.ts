/** Field tables of AMQP as JSON and back, with the types RabbitMQ's management chooses. */
import type { FieldTable, FieldValue } from "../../mechanisms/message.ts";
import { HttpError } from "./http-error.ts";
import { type JsonObject, numberOf } from "./json-body.ts";

/** Tables in one another, as the codec takes them. */
const MAX_DEPTH = 60;

export function tableToJson(table: FieldTable): JsonObject {
  return Object.fromEntries(table.map(([name, field]) => [name, fieldToJson(field)]));
}

function fieldToJson(field: FieldValue): unknown {
  switch (field.type) {
    case "F":
      return tableToJson(field.value);
    case "A":
      return field.value.map(fieldToJson);
    case "D":
      return field.value.unscaled / 10 ** field.value.scale;
    default:
      return plain(field.value);
  }
}

function plain(value: string | number | bigint | boolean | null | Buffer): unknown {
  if (typeof value === "bigint") return Number(value);
  return Buffer.isBuffer(value) ? value.toString("utf8") : value;
}

/** Throws bad_request. */
export function tableFromJson(object: JsonObject, where: string, depth = MAX_DEPTH): FieldTable {
  if (depth === 0) throw new HttpError("bad_request", `${where} is nested too deeply`);
  return Object.entries(object).map(([name, value]) => {
    if (Buffer.byteLength(name) > 255) throw new HttpError("bad_request", `${where}: a name over 255 bytes`);
    return [name, fieldFromJson(value, `${where}.${name}`, depth - 1)] as const;
  });
}

function fieldFromJson(value: unknown, where: string, depth: number): FieldValue {
  if (value === null) return { type: "V", value: null };
  if (typeof value === "string") return { type: "S", value };
  if (typeof value === "boolean") return { type: "t", value };
  const number = numberOf(value);
  if (number !== null) {
    return Number.isSafeInteger(number) ? { type: "l", value: number } : { type: "d", value: number };
  }
  if (depth === 0) throw new HttpError("bad_request", `${where} is nested too deeply`);
  if (Array.isArray(value)) {
    return { type: "A", value: value.map((item) => fieldFromJson(item, where, depth - 1)) };
  }
  return { type: "F", value: tableFromJson(value as JsonObject, where, depth) };
}

/** Names as RabbitMQ's JSON has them: deliveryMode is delivery_mode. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
