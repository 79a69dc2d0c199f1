export const MAX_SHORTSTR_BYTES = 255;

/**
 * Writes a short string (AMQP 4.2.5.3) and returns where it ends. Names are ASCII and short as a rule, for which this loop
 * is faster than a call of native code. Up to 256 bytes must be free. Throws RangeError over 255 bytes.
 */
export function writeShortString(bytes: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > MAX_SHORTSTR_BYTES) throw tooLong(text);
  const start = at + 1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return writeUtf8(bytes, at, text);
    bytes[start + i] = code;
  }
  bytes[at] = length;
  return start + length;
}

function writeUtf8(bytes: Buffer, at: number, text: string): number {
  const length = Buffer.byteLength(text);
  if (length > MAX_SHORTSTR_BYTES) throw tooLong(text);
  bytes[at] = length;
  bytes.write(text, at + 1, length, "utf8");
  return at + 1 + length;
}

function tooLong(text: string): RangeError {
  return new RangeError(`a short string of ${Buffer.byteLength(text)} bytes`);
}
