/**
 * Compiles a method's fields into its decoder and encoder. What a field is, is decided here once: the compiled code makes
 * objects of one shape and looks nothing up by name. Sources come from our own table only, never from the wire.
 */
import type { FieldReader } from "../../../mechanisms/field-table-reader.ts";
import type { FieldWriter } from "../../../mechanisms/field-table-writer.ts";
import type { FieldKind, FieldSpec, FieldSpecs } from "./fields.ts";

/** Reads to the reader's end; throws FieldSyntaxError when the fields do not end there. */
export type FieldsDecoder<Fields> = (reader: FieldReader) => Fields;
export type FieldsEncoder<Fields> = (writer: FieldWriter, fields: Fields) => void;

const RESERVED = "reserved ";
const BITS_PER_OCTET = 8;

/** Source of what is written into a reserved field. */
const EMPTY: Readonly<Record<FieldKind, string>> = {
  ...{ bit: "false", octet: "0", short: "0", long: "0", longlong: "0" },
  ...{ shortstr: '""', longstr: "EMPTY_BUFFER", table: "[]" },
};

interface PlacedField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly isReserved: boolean;
}

/** Fields in order; bits that share an octet together. */
function grouped(specs: FieldSpecs): PlacedField[][] {
  const groups: PlacedField[][] = [];
  for (const [name, spec] of Object.entries(specs)) {
    const field = placed(name, spec);
    const last = groups.at(-1);
    if (field.kind === "bit" && last?.[0]?.kind === "bit" && last.length < BITS_PER_OCTET) last.push(field);
    else groups.push([field]);
  }
  return groups;
}

function placed(name: string, spec: FieldSpec): PlacedField {
  const isReserved = spec.startsWith(RESERVED);
  const kind = (isReserved ? spec.slice(RESERVED.length) : spec) as FieldKind;
  return { name, kind, isReserved };
}

export function compileDecoder<Fields>(specs: FieldSpecs): FieldsDecoder<Fields> {
  const groups = grouped(specs);
  const lines = groups.flatMap(readStatements);
  const names = groups.flat().filter((field) => !field.isReserved);
  const members = names.map(({ name }) => `${name}: $${name}`);
  const source = [...lines, "reader.expectEnd();", `return { ${members.join(", ")} };`].join("\n");
  return new Function("reader", `"use strict";\n${source}`) as FieldsDecoder<Fields>;
}

function readStatements(group: PlacedField[], index: number): string[] {
  const { name, kind, isReserved } = group[0]!;
  if (kind !== "bit") return [isReserved ? `reader.${kind}();` : `const $${name} = reader.${kind}();`];
  const octet = `const bits${index} = reader.octet();`;
  const bits = group.map((field, bit) =>
    field.isReserved ? "" : `const $${field.name} = (bits${index} & ${1 << bit}) !== 0;`,
  );
  return [octet, ...bits];
}

export function compileEncoder<Fields>(specs: FieldSpecs): FieldsEncoder<Fields> {
  const lines = grouped(specs).map(writeStatement);
  const compile = new Function(
    "EMPTY_BUFFER",
    `"use strict";\nreturn (writer, fields) => {\n${lines.join("\n")}\n};`,
  );
  return compile(Buffer.alloc(0)) as FieldsEncoder<Fields>;
}

function writeStatement(group: PlacedField[]): string {
  const { kind } = group[0]!;
  if (kind !== "bit") return `writer.${kind}(${valueSource(group[0]!)});`;
  const bits = group.map((field, bit) => `(${valueSource(field)} ? ${1 << bit} : 0)`);
  return `writer.octet(${bits.join(" | ")});`;
}

function valueSource({ name, kind, isReserved }: PlacedField): string {
  return isReserved ? EMPTY[kind] : `fields.${name}`;
}
