/** The methods with their codecs, by name and by what a method frame begins with. */
import { FieldSyntaxError } from "../../../mechanisms/field-table-errors.ts";
import { FieldReader } from "../../../mechanisms/field-table-reader.ts";
import { AmqpError } from "../reply-codes.ts";
import { compileDecoder, compileEncoder, type FieldsDecoder, type FieldsEncoder } from "./codec.ts";
import type { FieldSpecs, FieldsOf, MethodRow } from "./fields.ts";
import { ROWS } from "./rows.ts";

type Rows = typeof ROWS;

/** "basic.publish": class and method as RabbitMQ writes them. */
export type MethodName = keyof Rows;

/** Arguments of each method, in camel case; reserved fields are left out. */
export type MethodFields = { [Name in MethodName]: FieldsOf<Rows[Name]["fields"]> };

export interface Method<Name extends MethodName = MethodName> extends MethodRow {
  readonly name: Name;
  readonly replies: readonly MethodName[];
  /** Throws FieldSyntaxError. */
  readonly decode: FieldsDecoder<MethodFields[Name]>;
  readonly encode: FieldsEncoder<MethodFields[Name]>;
}

/** A method frame's payload. `fields` belongs to `name`. */
export interface DecodedMethod {
  readonly name: MethodName;
  readonly classId: number;
  readonly methodId: number;
  readonly fields: MethodFields[MethodName];
}

function build<Name extends MethodName>(name: Name): Method<Name> {
  const row: MethodRow = ROWS[name];
  const specs: FieldSpecs = row.fields;
  return {
    ...row,
    name,
    replies: row.replies as readonly MethodName[],
    decode: compileDecoder<MethodFields[Name]>(specs),
    encode: compileEncoder<MethodFields[Name]>(specs),
  };
}

export const METHOD_NAMES = Object.keys(ROWS) as readonly MethodName[];

export const METHODS = Object.fromEntries(METHOD_NAMES.map((name) => [name, build(name)])) as unknown as {
  readonly [Name in MethodName]: Method<Name>;
};

/** What the first four octets of a method frame's payload hold. */
export function methodKey(classId: number, methodId: number): number {
  return classId * 0x10000 + methodId;
}

const METHODS_BY_KEY: ReadonlyMap<number, Method> = new Map(
  METHOD_NAMES.map((name): [number, Method] => {
    const method: Method<MethodName> = METHODS[name] as Method;
    return [methodKey(method.classId, method.methodId), method];
  }),
);

const reader = new FieldReader();

/**
 * The method in a method frame's payload; nothing of `bytes` is kept. Throws AmqpError: NOT_IMPLEMENTED for a method that
 * is not in the table, FRAME_ERROR, as RabbitMQ, when its arguments do not fill the frame as they should.
 */
export function decodeMethod(bytes: Buffer, start: number, end: number): DecodedMethod {
  if (end - start < 4) throw new AmqpError("FRAME_ERROR", `a method frame of ${end - start} octets`);
  const key =
    bytes[start]! * 0x1000000 + ((bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!);
  const method = METHODS_BY_KEY.get(key);
  if (method === undefined) {
    throw new AmqpError("NOT_IMPLEMENTED", `unknown method ${key & 0xffff} of class ${key >>> 16}`);
  }
  reader.reset(bytes, start + 4, end);
  try {
    const fields = method.decode(reader);
    return { name: method.name, classId: method.classId, methodId: method.methodId, fields };
  } catch (error) {
    if (!(error instanceof FieldSyntaxError)) throw error;
    throw new AmqpError("FRAME_ERROR", `cannot decode ${method.name}: ${error.message}`);
  }
}
