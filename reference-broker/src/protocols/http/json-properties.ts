/** Message properties from JSON, under RabbitMQ's names; the table of properties says which there are. */
import { type BasicProperties, encodeProperties } from "../../mechanisms/basic-properties.ts";
import { BASIC_PROPERTIES, type PropertyKind } from "../../mechanisms/basic-properties-table.ts";
import { snakeCase, tableFromJson } from "./field-json.ts";
import { HttpError } from "./http-error.ts";
import { isObject, type JsonObject, numberOf } from "./json-body.ts";

const ROWS = new Map<string, { readonly field: string; readonly kind: PropertyKind }>(
  BASIC_PROPERTIES.map(([name, kind]) => [snakeCase(name), { field: name, kind }]),
);
const MAX_SHORTSTR_BYTES = 255;
const MAX_OCTET = 255;

/** Encoded. Throws bad_request and names the property. */
export function propertiesFromJson(json: JsonObject): Buffer {
  const properties: Record<string, unknown> = {};
  for (const name in json) {
    const row = ROWS.get(name);
    if (row === undefined)
      throw bad(`properties.${name} is unknown: expected ${[...ROWS.keys()].join(", ")}`);
    properties[row.field] = readValue(row.kind, json[name], `properties.${name}`);
  }
  return encodeProperties(properties as BasicProperties);
}

function readValue(kind: PropertyKind, value: unknown, where: string): unknown {
  switch (kind) {
    case "shortstr":
      if (typeof value === "string" && Buffer.byteLength(value) <= MAX_SHORTSTR_BYTES) return value;
      throw bad(`${where} must be a string of at most ${MAX_SHORTSTR_BYTES} bytes`);
    case "octet":
      return readInteger(value, MAX_OCTET, where);
    case "timestamp":
      return readInteger(value, Number.MAX_SAFE_INTEGER, where);
    case "table":
      if (isObject(value)) return tableFromJson(value, where);
      throw bad(`${where} must be an object`);
  }
}

function readInteger(value: unknown, max: number, where: string): number {
  const number = numberOf(value);
  if (number !== null && Number.isInteger(number) && number >= 0 && number <= max) return number;
  throw bad(`${where} must be a number from 0 to ${max}`);
}

function bad(reason: string): HttpError {
  return new HttpError("bad_request", reason);
}
