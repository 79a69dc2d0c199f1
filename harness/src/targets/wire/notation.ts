/**
 * Notation of the Kafka messages that the harness's own small servers and its control client speak. A message is one
 * table (messages.ts); codec and types derive from it. Versions are inclusive: `since` alone means from there on.
 */
export type Primitive = "bool" | "int8" | "int16" | "int32" | "int64" | "uuid" | "string" | "bytes";
export type FieldType = Primitive | "int32[]" | "string[]" | readonly Field[];

export interface Field {
  readonly name: string;
  /** A list of fields stands for an array of such structures. */
  readonly type: FieldType;
  readonly since?: number;
  readonly until?: number;
  /** From this version on null is allowed. */
  readonly nullableSince?: number;
  /** Number of a tagged field (KIP-482), written only when given. */
  readonly tag?: number;
  /** Sent when the value is not given; else 0, "", false, null where allowed, or an empty array. */
  readonly fallback?: number | null;
}

export interface Message {
  readonly key: number;
  readonly min: number;
  readonly max: number;
  /** First version with compact types and tagged fields. */
  readonly flexible: number;
  readonly request: readonly Field[];
  readonly response: readonly Field[];
}

type PrimitiveValue<T> = T extends "bool"
  ? boolean
  : T extends "int8" | "int16" | "int32" | "int64"
    ? number
    : T extends "uuid" | "string"
      ? string
      : Buffer;

type ValueOf<T> = T extends Primitive
  ? PrimitiveValue<T>
  : T extends "int32[]"
    ? readonly number[]
    : T extends "string[]"
      ? readonly string[]
      : T extends readonly Field[]
        ? readonly Struct<T>[]
        : never;

type Nullable<F> = F extends { readonly nullableSince: number } ? null : never;

/** What decoding gives: every field, absent ones with their fallback. int64 as number: exact to 2^53. */
export type Struct<Fields extends readonly Field[]> = {
  readonly [F in Fields[number] as F["name"]]: ValueOf<F["type"]> | Nullable<F>;
};

type PartialValueOf<T> = T extends readonly Field[] ? readonly PartialStruct<T>[] : ValueOf<T>;

/** What encoding takes: any field may be left out. */
export type PartialStruct<Fields extends readonly Field[]> = {
  readonly [F in Fields[number] as F["name"]]?: PartialValueOf<F["type"]> | Nullable<F>;
};

export function inVersion(field: Field, version: number): boolean {
  return version >= (field.since ?? 0) && version <= (field.until ?? Number.POSITIVE_INFINITY);
}
