/** Properties of class basic as values, and as bytes with some of them changed. */
import { PropertyScan } from "./basic-properties-scan.ts";
import {
  BASIC_PROPERTIES,
  type BasicProperties,
  FLAGS_BYTES,
  flagOf,
  PROPERTY_INDEX,
  type PropertyKind,
  type PropertyName,
} from "./basic-properties-table.ts";
import { FieldReader } from "./field-table-reader.ts";
import { FieldWriter } from "./field-table-writer.ts";

export { INVALID_EXPIRATION, NO_EXPIRATION, PropertyScan } from "./basic-properties-scan.ts";
export type { BasicProperties } from "./basic-properties-table.ts";

/** null takes a property out. */
export type PropertyChanges = { readonly [Name in PropertyName]?: BasicProperties[Name] | null };

const NONE = Buffer.alloc(FLAGS_BYTES);

// Used within one call each, which calls nobody.
const scan = new PropertyScan();
const reader = new FieldReader();
const writer = new FieldWriter();

/** Short strings that are no UTF-8 read with U+FFFD in them. Throws FieldSyntaxError. */
export function decodeProperties(properties: Buffer): BasicProperties {
  scan.read(properties, 0, properties.length);
  const decoded: Record<string, unknown> = {};
  BASIC_PROPERTIES.forEach(([name, kind], index) => {
    if (scan.has(index)) decoded[name] = decodeValue(kind, properties, index);
  });
  return decoded;
}

/** One property; null: absent. Throws FieldSyntaxError. */
export function readProperty<Name extends PropertyName>(
  properties: Buffer,
  name: Name,
): NonNullable<BasicProperties[Name]> | null {
  const index = PROPERTY_INDEX[name];
  const flags = (properties[0]! << 8) | properties[1]!;
  if ((flags & flagOf(index)) === 0) return null;
  scan.read(properties, 0, properties.length);
  const value = decodeValue(BASIC_PROPERTIES[index]![1], properties, index);
  return value as NonNullable<BasicProperties[Name]>;
}

/** The property at `index`, of what was scanned last. */
function decodeValue(kind: PropertyKind, properties: Buffer, index: number): unknown {
  const start = scan.starts[index]!;
  const end = scan.starts[index + 1]!;
  if (kind === "shortstr") return properties.toString("utf8", start + 1, end);
  reader.reset(properties, start, end);
  return reader[kind]();
}

/** Throws RangeError for what does not fit its type. */
export function encodeProperties(properties: BasicProperties): Buffer {
  return changeProperties(NONE, properties);
}

/** The same properties with those of `changes` set or taken out; the others stay as they are, byte for byte. */
export function changeProperties(properties: Buffer, changes: PropertyChanges): Buffer {
  scan.read(properties, 0, properties.length);
  writer.reset();
  writer.short(changedFlags(scan.flags, changes));
  BASIC_PROPERTIES.forEach(([name, kind], index) => {
    const change = changes[name];
    if (change === undefined) {
      if (scan.has(index)) writer.raw(properties, scan.starts[index]!, scan.starts[index + 1]!);
    } else if (change !== null) {
      (writer[kind] as (value: unknown) => void).call(writer, change);
    }
  });
  return writer.finish();
}

function changedFlags(flags: number, changes: PropertyChanges): number {
  let changed = flags;
  BASIC_PROPERTIES.forEach(([name], index) => {
    const change = changes[name];
    if (change === null) changed &= ~flagOf(index);
    else if (change !== undefined) changed |= flagOf(index);
  });
  return changed;
}

/**
 * What RabbitMQ says of an expiration that it refuses (406); for properties whose scan gave INVALID_EXPIRATION:
 * "invalid expiration '10x': {leftover_string,"x"}".
 */
export function invalidExpiration(properties: Buffer): string {
  const text = readProperty(properties, "expiration") ?? "";
  const [, number, leftover] = /^([+-]?\d+)?(.*)$/s.exec(text)!;
  const fault =
    number === undefined
      ? "no_integer"
      : leftover === ""
        ? `{value_negative,${number}}`
        : `{leftover_string,"${leftover}"}`;
  return `invalid expiration '${text}': ${fault}`;
}
