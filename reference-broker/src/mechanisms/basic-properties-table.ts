/** The properties of class basic in the order of their flags, highest bit first (AMQP 0-9-1, chapter 1.8; 4.2.6.1). */
import type { FieldTable } from "./message.ts";

interface Kinds {
  shortstr: string;
  octet: number;
  table: FieldTable;
  /** Seconds since 1970. */
  timestamp: number | bigint;
}

export const BASIC_PROPERTIES = [
  ["contentType", "shortstr"],
  ["contentEncoding", "shortstr"],
  ["headers", "table"],
  ["deliveryMode", "octet"],
  ["priority", "octet"],
  ["correlationId", "shortstr"],
  ["replyTo", "shortstr"],
  ["expiration", "shortstr"],
  ["messageId", "shortstr"],
  ["timestamp", "timestamp"],
  ["type", "shortstr"],
  ["userId", "shortstr"],
  ["appId", "shortstr"],
  ["clusterId", "shortstr"],
] as const satisfies readonly (readonly [string, keyof Kinds])[];

type Row = (typeof BASIC_PROPERTIES)[number];
export type PropertyName = Row[0];
export type PropertyKind = Row[1];

/** Absent ones are left out. */
export type BasicProperties = {
  readonly [R in Row as R[0]]?: Kinds[R[1]];
};

/** Place in the table, by name. */
export const PROPERTY_INDEX = Object.fromEntries(BASIC_PROPERTIES.map(([name], index) => [name, index])) as {
  readonly [Name in PropertyName]: number;
};

/** The flags take two octets; the lowest bit would announce two more, for properties that class basic does not have. */
export const FLAGS_BYTES = 2;
export const UNKNOWN_FLAGS = 0b11;
const HIGHEST_BIT = 15;

/** The flag of the property at `index`. */
export function flagOf(index: number): number {
  return 1 << (HIGHEST_BIT - index);
}
