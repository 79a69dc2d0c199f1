/**
 * A message table: everything the wire says about one API. Codecs are compiled per message and version at first use
 * and kept. To encode a value for a version that lacks one of its fields leaves that field out.
 */
import { type BufferReader, nullNotAllowed } from "../../base/buffer-reader.ts";
import type { BufferWriter } from "../../base/buffer-writer.ts";
import { decoderSource, encoderSource } from "./codec-source.ts";
import type { Decoded, Encodable, Fields } from "./types.ts";

export type Decoder<F extends Fields> = (reader: BufferReader) => Decoded<F>;
export type Encoder<F extends Fields> = (writer: BufferWriter, value: Encodable<F>) => void;

export interface Codec<F extends Fields> {
  readonly fields: F;
  /** Throws a ProtocolError on malformed input. */
  decoder(version: number): Decoder<F>;
  encoder(version: number): Encoder<F>;
}

export interface Message<Req extends Fields = Fields, Res extends Fields = Fields> {
  /** Name in the Kafka protocol guide. */
  readonly name: string;
  readonly apiKey: number;
  /** First and last version served. */
  readonly versions: readonly [min: number, max: number];
  /** First version with compact encoding and tagged fields (KIP-482). */
  readonly flexible: number;
  readonly request: Codec<Req>;
  readonly response: Codec<Res>;
}

interface Table<Req extends Fields, Res extends Fields> {
  readonly name: string;
  readonly apiKey: number;
  readonly versions: readonly [min: number, max: number];
  readonly flexible: number;
  readonly request: Req;
  readonly response: Res;
}

/** A request as its handler gets it: every field present, with its default where the version lacks it. */
export type RequestOf<M extends MessageFields> = Decoded<M["request"]["fields"]>;
/** A response as its handler returns it: fields with a default in the table may be left out. */
export type ResponseOf<M extends MessageFields> = Encodable<M["response"]["fields"]>;

/** The part of a message that its TypeScript types follow from. */
export interface MessageFields {
  readonly request: { readonly fields: Fields };
  readonly response: { readonly fields: Fields };
}

export function message<const Req extends Fields, const Res extends Fields>(
  table: Table<Req, Res>,
): Message<Req, Res> {
  return { ...table, request: codec(table, table.request), response: codec(table, table.response) };
}

type Versions = Pick<Table<Fields, Fields>, "name" | "versions" | "flexible">;

function codec<F extends Fields>(table: Versions, fields: F): Codec<F> {
  const decoders: (Decoder<F> | undefined)[] = [];
  const encoders: (Encoder<F> | undefined)[] = [];
  return {
    fields,
    decoder: (version) => (decoders[version] ??= compile<Decoder<F>>(decoderSource, table, fields, version)),
    encoder: (version) => (encoders[version] ??= compile<Encoder<F>>(encoderSource, table, fields, version)),
  };
}

function compile<Compiled>(
  source: typeof decoderSource,
  { name, versions, flexible }: Versions,
  fields: Fields,
  version: number,
): Compiled {
  if (version < versions[0] || version > versions[1])
    throw new RangeError(`${name} has no version ${version}`);
  const body = source(fields, { version, flexible: version >= flexible });
  return new Function("nullNotAllowed", `"use strict";\n${body}`)(nullNotAllowed) as Compiled;
}
