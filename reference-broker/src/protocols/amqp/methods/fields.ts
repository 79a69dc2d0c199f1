/** The words in which the method table is written, and the TypeScript types that follow from them. */
import type { FieldTable } from "../../../mechanisms/message.ts";

/** AMQP 4.2.5. Neighbouring bits share octets, lowest first. */
export interface FieldKinds {
  bit: boolean;
  octet: number;
  short: number;
  long: number;
  /** Unsigned: exact to 2^53, beyond that the nearest double. */
  longlong: number;
  /** At most 255 bytes of UTF-8. */
  shortstr: string;
  /** Decoded as a copy. */
  longstr: Buffer;
  table: FieldTable;
}
export type FieldKind = keyof FieldKinds;

/** A reserved field is zero or empty when encoded, is skipped when decoded, and is no argument. */
export type FieldSpec = FieldKind | `reserved ${FieldKind}`;
export type FieldSpecs = { readonly [name: string]: FieldSpec };

/** Arguments of a method with these fields. */
export type FieldsOf<F extends FieldSpecs> = {
  readonly [Name in keyof F as F[Name] extends FieldKind ? Name : never]: F[Name] extends FieldKind
    ? FieldKinds[F[Name]]
    : never;
};

/** Who sends a method. */
export type Sender = "client" | "server" | "both";

export interface MethodRow<F extends FieldSpecs = FieldSpecs> {
  readonly classId: number;
  readonly methodId: number;
  readonly from: Sender;
  /** A content header and body follow (AMQP 4.2.6). */
  readonly hasContent: boolean;
  readonly fields: F;
  /** Names of the methods that answer it; none: it is not answered. Left out with no-wait. */
  readonly replies: readonly string[];
}

function row<const F extends FieldSpecs>(
  [classId, methodId]: readonly [number, number],
  from: Sender,
  fields: F,
  replies: readonly string[],
  hasContent = false,
): MethodRow<F> {
  return { classId, methodId, from, hasContent, fields, replies };
}

type Ids = readonly [classId: number, methodId: number];

export const client = <const F extends FieldSpecs>(ids: Ids, fields: F, ...replies: string[]) =>
  row(ids, "client", fields, replies);
export const server = <const F extends FieldSpecs>(ids: Ids, fields: F, ...replies: string[]) =>
  row(ids, "server", fields, replies);
export const both = <const F extends FieldSpecs>(ids: Ids, fields: F, ...replies: string[]) =>
  row(ids, "both", fields, replies);
/** Methods with content have no answer of their own. */
export const content = <const F extends FieldSpecs>(ids: Ids, from: Sender, fields: F) =>
  row(ids, from, fields, [], true);
