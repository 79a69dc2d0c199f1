/**
 * Turns a message table into the JavaScript of a decoder or encoder for one version, which schema.ts compiles once.
 * Everything that depends on the version is decided here: the generated code has no version check, no field lookup by
 * name and always makes objects of the same shape. Sources come from our own tables only, never from the wire.
 */
import { type Field, type Fields, ZERO_UUID } from "./types.ts";

export interface Encoding {
  readonly version: number;
  readonly flexible: boolean;
}

/** Body of `(reader) => object`. */
export function decoderSource(fields: Fields, encoding: Encoding): string {
  const functions: string[] = [];
  const name = structDecoder(fields, encoding, functions);
  return `${functions.join("\n")}\nreturn ${name};`;
}

/** Body of `(writer, value) => void`. */
export function encoderSource(fields: Fields, encoding: Encoding): string {
  const functions: string[] = [];
  const name = structEncoder(fields, encoding, functions);
  return `${functions.join("\n")}\nreturn ${name};`;
}

function isPresent(field: Field, version: number): boolean {
  return version >= field.since && version <= field.until;
}

function isNullable(field: Field, version: number): boolean {
  return version >= field.nullableSince;
}

function split(fields: Fields, { version }: Encoding): { plain: Named[]; tagged: Named[] } {
  const present = Object.entries(fields).filter(([, field]) => isPresent(field, version));
  const tagged = present.filter(([, field]) => field.tag !== null);
  tagged.sort(([, a], [, b]) => a.tag! - b.tag!);
  return { plain: present.filter(([, field]) => field.tag === null), tagged };
}
type Named = [name: string, field: Field];

/** Source of the value that a field has when it is not on the wire. */
function defaultSource(field: Field): string {
  if (field.default !== undefined) return JSON.stringify(field.default);
  switch (field.kind) {
    case "boolean":
      return "false";
    case "string":
      return '""';
    case "uuid":
      return `"${ZERO_UUID}"`;
    case "records":
      return "null";
    case "array":
      return "[]";
    case "struct": {
      const members = Object.entries(field.fields!).map(
        ([name, member]) => `${name}: ${defaultSource(member)}`,
      );
      return `{ ${members.join(", ")} }`;
    }
    default:
      return "0";
  }
}

/** Name of the reader's and writer's method for a string or bytes. */
function textMethod(kind: "string" | "bytes", nullable: boolean, { flexible }: Encoding): string {
  const words = [
    nullable ? "nullable" : "",
    flexible ? "Compact" : "",
    kind === "string" ? "String" : "Bytes",
  ];
  const name = words.join("");
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The least number of bytes that a value takes on the wire. */
function leastBytes(field: Field, encoding: Encoding): number {
  switch (field.kind) {
    case "boolean":
    case "int8":
      return 1;
    case "int16":
      return 2;
    case "int32":
      return 4;
    case "int64":
      return 8;
    case "uuid":
      return 16;
    case "string":
      return encoding.flexible ? 1 : 2;
    case "records":
    case "array":
      return encoding.flexible ? 1 : 4;
    case "struct": {
      const { plain } = split(field.fields!, encoding);
      const sum = plain.reduce((total, [, member]) => total + leastBytes(member, encoding), 0);
      return sum + (encoding.flexible ? 1 : 0);
    }
  }
}

/** Appends the functions a field needs and returns the expression that reads it. */
function readExpression(field: Field, encoding: Encoding, functions: string[]): string {
  const nullable = isNullable(field, encoding.version);
  switch (field.kind) {
    case "string":
      return `reader.${textMethod("string", nullable, encoding)}()`;
    case "records":
      return `reader.${textMethod("bytes", nullable, encoding)}()`;
    case "struct":
      return `${structDecoder(field.fields!, encoding, functions)}(reader)`;
    case "array":
      return `${arrayDecoder(field, encoding, functions)}(reader)`;
    default:
      return `reader.${field.kind}()`;
  }
}

function arrayDecoder(field: Field, encoding: Encoding, functions: string[]): string {
  const element = field.element!;
  const name = reserve(functions, "decode");
  const length = encoding.flexible ? "compactArrayLength" : "arrayLength";
  const whenNull = isNullable(field, encoding.version) ? "return null" : 'nullNotAllowed("array")';
  functions[name.index] = `function ${name.text}(reader) {
  const length = reader.${length}(${leastBytes(element, encoding)});
  if (length < 0) ${whenNull};
  const elements = [];
  for (let i = 0; i < length; i++) elements.push(${readExpression(element, encoding, functions)});
  return elements;
}`;
  return name.text;
}

function structDecoder(fields: Fields, encoding: Encoding, functions: string[]): string {
  const name = reserve(functions, "decode");
  const { plain, tagged } = split(fields, encoding);
  const lines = plain.map(([key, field]) => `const $${key} = ${readExpression(field, encoding, functions)};`);
  lines.push(...tagged.map(([key, field]) => `let $${key} = ${defaultSource(field)};`));
  if (encoding.flexible) lines.push(taggedDecoder(tagged, encoding, functions));
  const members = Object.entries(fields).map(
    ([key, field]) => `${key}: ${isPresent(field, encoding.version) ? `$${key}` : defaultSource(field)}`,
  );
  functions[name.index] = `function ${name.text}(reader) {
  ${lines.join("\n  ")}
  return { ${members.join(", ")} };
}`;
  return name.text;
}

function taggedDecoder(tagged: Named[], encoding: Encoding, functions: string[]): string {
  if (tagged.length === 0) return "reader.skipTaggedFields();";
  const cases = tagged.map(
    ([key, field]) => `case ${field.tag}: $${key} = ${readExpression(field, encoding, functions)}; break;`,
  );
  return `for (let left = reader.uvarint(); left > 0; left--) {
    const tag = reader.uvarint();
    const end = reader.endOf(reader.uvarint());
    switch (tag) {
      ${cases.join("\n      ")}
      default: reader.skipTo(end);
    }
    reader.expectAt(end);
  }`;
}

/** Appends the functions a field needs and returns the statement that writes `value`. */
function writeStatement(field: Field, value: string, encoding: Encoding, functions: string[]): string {
  const nullable = isNullable(field, encoding.version);
  switch (field.kind) {
    case "string":
      return `writer.${textMethod("string", nullable, encoding)}(${value});`;
    case "records":
      return `writer.${textMethod("bytes", nullable, encoding)}(${value});`;
    case "struct":
      return `${structEncoder(field.fields!, encoding, functions)}(writer, ${value});`;
    case "array":
      return `${arrayEncoder(field, encoding, functions)}(writer, ${value});`;
    default:
      return `writer.${field.kind}(${value});`;
  }
}

function arrayEncoder(field: Field, encoding: Encoding, functions: string[]): string {
  const name = reserve(functions, "encode");
  const length = encoding.flexible ? "compactArrayLength" : "arrayLength";
  const nullable = isNullable(field, encoding.version);
  functions[name.index] = `function ${name.text}(writer, elements) {
  ${nullable ? `if (elements === null) return writer.${length}(-1);` : ""}
  writer.${length}(elements.length);
  for (let i = 0; i < elements.length; i++) {
    ${writeStatement(field.element!, "elements[i]", encoding, functions)}
  }
}`;
  return name.text;
}

function structEncoder(fields: Fields, encoding: Encoding, functions: string[]): string {
  const name = reserve(functions, "encode");
  const { plain, tagged } = split(fields, encoding);
  const lines = plain.map(([key, field]) => {
    const given = `value.${key}`;
    const value =
      field.default === undefined ? given : `(${given} === undefined ? ${defaultSource(field)} : ${given})`;
    return writeStatement(field, value, encoding, functions);
  });
  if (encoding.flexible) lines.push(taggedEncoder(tagged, encoding, functions));
  functions[name.index] = `function ${name.text}(writer, value) {
  ${lines.join("\n  ")}
}`;
  return name.text;
}

/** A tagged field is written only if it differs from its default. */
function taggedEncoder(tagged: Named[], encoding: Encoding, functions: string[]): string {
  const given = tagged.map(([key, field], i) => `const given${i} = ${differs(field, `value.${key}`)};`);
  const count = tagged.map((_, i) => `(given${i} ? 1 : 0)`).join(" + ") || "0";
  const writes = tagged.map(([key, field], i) => {
    const write = reserve(functions, "tagged");
    const statement = writeStatement(field, "value", encoding, functions);
    functions[write.index] = `function ${write.text}(writer, value) { ${statement} }`;
    return `if (given${i}) writer.taggedField(${field.tag}, ${write.text}, value.${key});`;
  });
  return [...given, `writer.uvarint(${count});`, ...writes].join("\n  ");
}

/** Source of "`value` is given and is not the default". */
function differs(field: Field, value: string): string {
  if (field.kind === "array") return `(${value} !== undefined && ${value}.length > 0)`;
  if (field.kind !== "struct") return `(${value} !== undefined && ${value} !== ${defaultSource(field)})`;
  const members = Object.entries(field.fields!).map(([name, member]) => differs(member, `${value}.${name}`));
  return `(${value} !== undefined && (${members.join(" || ")}))`;
}

/** Takes a number for a function whose source is not complete yet, so that names stay unique. */
function reserve(functions: string[], prefix: string): { index: number; text: string } {
  const index = functions.push("") - 1;
  return { index, text: `${prefix}${index}` };
}
