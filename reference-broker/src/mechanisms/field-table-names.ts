/**
 * Names that were read lately, so that the exchange, routing key or header that comes with every message is not made a
 * string each time. Bounded: a name takes the place of the one with the same hash.
 */
const SLOTS = 1024;
const MAX_BYTES = 48;

const recent: string[] = new Array<string>(SLOTS).fill("");

/** The string of these bytes; null when they are not ASCII or too many to be kept. */
export function recentName(bytes: Buffer, start: number, end: number): string | null {
  const length = end - start;
  if (length > MAX_BYTES) return null;
  let hash = length;
  let all = 0;
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    all |= octet;
    hash = (Math.imul(hash, 31) + octet) | 0;
  }
  if (all >= 0x80) return null;
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
  const known = recent[slot]!;
  if (known.length === length && isSame(known, bytes, start)) return known;
  const name = bytes.toString("latin1", start, end);
  recent[slot] = name;
  return name;
}

function isSame(name: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
