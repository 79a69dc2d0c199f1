/** A body that says which message it is and vouches for itself: u32 CRC32C of the rest, u48 number, filler. */
import { crc32c } from "@node-rs/crc32";

const NUMBER_AT = 4;
const FILLER_AT = 10;

export function encodeBody(number: number, bytes: number): Buffer {
  const body = Buffer.alloc(bytes, number & 0xff);
  body.writeUIntBE(number, NUMBER_AT, FILLER_AT - NUMBER_AT);
  body.writeUInt32BE(crc32c(body.subarray(NUMBER_AT)), 0);
  return body;
}

/** The message's number; null: it is not as it was published. */
export function decodeBody(body: Buffer): number | null {
  if (body.length < FILLER_AT || crc32c(body.subarray(NUMBER_AT)) !== body.readUInt32BE(0)) return null;
  return body.readUIntBE(NUMBER_AT, FILLER_AT - NUMBER_AT);
}
