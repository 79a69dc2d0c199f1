/** Frames of AMQP 0-9-1 as bytes, right or deliberately wrong. */
import { FieldWriter } from "../../src/mechanisms/field-table-writer.ts";
import { METHODS, type MethodFields, type MethodName } from "../../src/protocols/amqp/methods/table.ts";

export const PROTOCOL_HEADER = Buffer.from("AMQP\x00\x00\x09\x01", "latin1");
export const METHOD_FRAME = 1;
export const HEADER_FRAME = 2;
export const BODY_FRAME = 3;
export const HEARTBEAT_FRAME = 8;
export const FRAME_END = 0xce;
const BASIC_CLASS_ID = 60;

export function frame(type: number, channel: number, payload: Buffer, end = FRAME_END): Buffer {
  const bytes = Buffer.alloc(payload.length + 8);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt16BE(channel, 1);
  bytes.writeUInt32BE(payload.length, 3);
  payload.copy(bytes, 7);
  bytes.writeUInt8(end, payload.length + 7);
  return bytes;
}

export function methodPayload<Name extends MethodName>(name: Name, fields: MethodFields[Name]): Buffer {
  const { classId, methodId, encode } = METHODS[name];
  const writer = new FieldWriter();
  encode(writer, fields);
  const ids = Buffer.alloc(4);
  ids.writeUInt16BE(classId, 0);
  ids.writeUInt16BE(methodId, 2);
  return Buffer.concat([ids, writer.finish()]);
}

export function method<Name extends MethodName>(
  channel: number,
  name: Name,
  fields: MethodFields[Name],
): Buffer {
  return frame(METHOD_FRAME, channel, methodPayload(name, fields));
}

/** `properties`: flags and property list. */
export function header(
  channel: number,
  bodySize: number,
  properties: Buffer = Buffer.alloc(2),
  classId = BASIC_CLASS_ID,
): Buffer {
  const payload = Buffer.alloc(12);
  payload.writeUInt16BE(classId, 0);
  payload.writeBigUInt64BE(BigInt(bodySize), 4);
  return frame(HEADER_FRAME, channel, Buffer.concat([payload, properties]));
}

export function body(channel: number, bytes: Buffer): Buffer {
  return frame(BODY_FRAME, channel, bytes);
}

export function publish(
  channel: number,
  exchange: string,
  routingKey: string,
  content: Buffer,
  options: { readonly mandatory?: boolean; readonly immediate?: boolean; readonly properties?: Buffer } = {},
): Buffer {
  const { mandatory = false, immediate = false, properties } = options;
  return Buffer.concat([
    method(channel, "basic.publish", { exchange, routingKey, mandatory, immediate }),
    header(channel, content.length, properties),
    ...(content.length === 0 ? [] : [body(channel, content)]),
  ]);
}
