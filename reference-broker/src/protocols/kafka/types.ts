/**
 * The words in which message tables are written, and the TypeScript types that follow from them.
 *
 * A field is there in the versions `since`..`until` (all, when neither is given). In other versions it is not on the
 * wire and has its default when decoded. With a `tag` it is an optional tagged field of KIP-482.
 * Defaults are Kafka's: what the table says, else 0, false, "", the empty array, the zero id.
 */
import type { Chunks } from "../../base/buffer-writer.ts";

export const ZERO_UUID = "00000000000000000000000000000000";
/** The double next to the largest int64, which the writer turns into that largest. */
export const INT64_MAX = 2 ** 63;

export type ScalarKind = "boolean" | "int8" | "int16" | "int32" | "int64" | "uuid" | "string" | "records";

export interface Field<D = unknown, E = D, Optional extends boolean = boolean> {
  readonly kind: ScalarKind | "array" | "struct";
  readonly since: number;
  readonly until: number;
  /** First version in which null is allowed; Infinity for never. */
  readonly nullableSince: number;
  readonly tag: number | null;
  /** Undefined where the table names none. */
  readonly default: unknown;
  /** Of an array: what it holds. */
  readonly element: Field | null;
  /** Of a struct: its fields. */
  readonly fields: Fields | null;
  /** Only types, never values: as decoded, as given for encoding, whether it may be left out then. */
  readonly decoded?: D;
  readonly encodable?: E;
  readonly optional?: Optional;
}

// biome-ignore lint/suspicious/noExplicitAny: any field, whatever its types
export type Fields = { readonly [name: string]: Field<any, any, any> };

/** As a decoder returns it: every field present. */
export type Decoded<F extends Fields> = {
  [Name in keyof F]: F[Name] extends Field<infer D, unknown, boolean> ? D : never;
};

type OptionalNames<F extends Fields> = {
  [Name in keyof F]: F[Name] extends Field<unknown, unknown, false> ? never : Name;
}[keyof F];
type EncodableValue<T> = T extends Field<infer _D, infer E, boolean> ? E : never;

/** As an encoder takes it: what has a default in the table, or a tag, may be left out. */
export type Encodable<F extends Fields> = {
  readonly [Name in Exclude<keyof F, OptionalNames<F>>]: EncodableValue<F[Name]>;
} & { readonly [Name in OptionalNames<F> & keyof F]?: EncodableValue<F[Name]> | undefined };

interface Options<T> {
  readonly since?: number;
  readonly until?: number;
  readonly tag?: number;
  readonly default?: T;
}
interface NullableOptions<T> extends Options<T | null> {
  readonly nullableSince?: number;
}
type IsOptional<O> = O extends { readonly default: unknown } | { readonly tag: number } ? true : false;

interface Shape {
  readonly element?: Field;
  readonly fields?: Fields;
}

function field<D, E, Optional extends boolean>(
  kind: Field["kind"],
  options: NullableOptions<unknown> = {},
  shape: Shape = {},
): Field<D, E, Optional> {
  return {
    kind,
    since: options.since ?? 0,
    until: options.until ?? Number.POSITIVE_INFINITY,
    nullableSince: options.nullableSince ?? Number.POSITIVE_INFINITY,
    tag: options.tag ?? null,
    default: options.default,
    element: shape.element ?? null,
    fields: shape.fields ?? null,
  };
}

function scalar<T>(kind: ScalarKind) {
  return <const O extends Options<T> = Record<never, never>>(options?: O): Field<T, T, IsOptional<O>> =>
    field(kind, options);
}

export const boolean = scalar<boolean>("boolean");
export const int8 = scalar<number>("int8");
export const int16 = scalar<number>("int16");
export const int32 = scalar<number>("int32");
/** A number: exact to 2^53. */
export const int64 = scalar<number>("int64");
/** 32 lower-case hex digits. */
export const uuid = scalar<string>("uuid");
export const string = scalar<string>("string");

/** Null is allowed in every version, or from `nullableSince` on. */
export function nullableString<const O extends NullableOptions<string> = Record<never, never>>(
  options?: O,
): Field<string | null, string | null, IsOptional<O>> {
  return field("string", { nullableSince: 0, ...options });
}

/** Record batches, opaque: decoded as a view of the frame, encoded by reference. */
export function nullableRecords(): Field<Buffer | null, Chunks | null, false> {
  return field("records", { nullableSince: 0 });
}

export function struct<F extends Fields, const O extends Options<never> = Record<never, never>>(
  fields: F,
  options?: O,
): Field<Decoded<F>, Encodable<F>, IsOptional<O>> {
  return field("struct", options, { fields });
}

/** An array of structs. */
export function array<F extends Fields, const O extends Options<never> = Record<never, never>>(
  fields: F,
  options?: O,
): Field<Decoded<F>[], readonly Encodable<F>[], IsOptional<O>> {
  return field("array", options, { element: struct(fields) });
}

export function nullableArray<
  F extends Fields,
  const O extends NullableOptions<never> = Record<never, never>,
>(fields: F, options?: O): Field<Decoded<F>[] | null, readonly Encodable<F>[] | null, IsOptional<O>> {
  return field("array", { nullableSince: 0, ...options }, { element: struct(fields) });
}

/** An array of plain values. */
export function arrayOf<T, const O extends Options<never> = Record<never, never>>(
  element: Field<T, T, boolean>,
  options?: O,
): Field<T[], readonly T[], IsOptional<O>> {
  return field("array", options, { element });
}

export function nullableArrayOf<T, const O extends NullableOptions<never> = Record<never, never>>(
  element: Field<T, T, boolean>,
  options?: O,
): Field<T[] | null, readonly T[] | null, IsOptional<O>> {
  return field("array", { nullableSince: 0, ...options }, { element });
}
