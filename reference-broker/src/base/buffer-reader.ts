/**
 * Reads big-endian wire data from one frame. No length from the wire is trusted: each is compared with the bytes
 * that are left before anything is allocated, and whatever does not fit throws a ProtocolError.
 *
 * Strings follow Kafka's two forms: "classic" with an int16 or int32 length (-1 for null), "compact" with an unsigned
 * varint of length + 1 (0 for null), KIP-482.
 */

/** The peer sent something that the protocol does not allow. The connection answers or closes; nothing else fails. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** Array elements in one frame. Far above real requests; keeps the objects made from one frame to some 50 MB. */
const MAX_ELEMENTS = 200_000;

const TWO_POW_32 = 2 ** 32;

export class BufferReader {
  readonly #bytes: Buffer;
  #offset: number;
  readonly #end: number;
  #elementsLeft = MAX_ELEMENTS;

  constructor(bytes: Buffer, offset = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** Moves past `count` bytes and returns where they begin. */
  #take(count: number): number {
    const start = this.#offset;
    if (count > this.#end - start) throw new ProtocolError(`${count} bytes expected, ${this.remaining} left`);
    this.#offset = start + count;
    return start;
  }

  boolean(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  int8(): number {
    return (this.#bytes[this.#take(1)]! << 24) >> 24;
  }

  int16(): number {
    const at = this.#take(2);
    const bytes = this.#bytes;
    return (((bytes[at]! << 8) | bytes[at + 1]!) << 16) >> 16;
  }

  int32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  /** As a number: exact to 2^53, beyond that the nearest double. */
  int64(): number {
    const high = this.int32();
    return high * TWO_POW_32 + (this.int32() >>> 0);
  }

  /** 32 lower-case hex digits. */
  uuid(): string {
    const at = this.#take(16);
    return this.#bytes.toString("hex", at, at + 16);
  }

  /** Unsigned LEB128 of at most 32 bits. */
  uvarint(): number {
    const first = this.#bytes[this.#take(1)]!;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.#bytes[this.#take(1)]!;
    if (last > 0x0f) throw new ProtocolError("a varint is longer than 32 bits");
    return (value | (last << 28)) >>> 0;
  }

  #utf8(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  nullableString(): string | null {
    const length = this.int16();
    if (length < -1) throw new ProtocolError(`a string of ${length} bytes`);
    return length === -1 ? null : this.#utf8(length);
  }

  string(): string {
    return this.nullableString() ?? nullNotAllowed("string");
  }

  nullableCompactString(): string | null {
    const length = this.uvarint() - 1;
    return length === -1 ? null : this.#utf8(length);
  }

  compactString(): string {
    return this.nullableCompactString() ?? nullNotAllowed("string");
  }

  /** A view of the frame, not a copy. */
  nullableBytes(): Buffer | null {
    const length = this.int32();
    if (length < -1) throw new ProtocolError(`a field of ${length} bytes`);
    return length === -1 ? null : this.#view(length);
  }

  /** A view of the frame, not a copy. */
  nullableCompactBytes(): Buffer | null {
    const length = this.uvarint() - 1;
    return length === -1 ? null : this.#view(length);
  }

  #view(length: number): Buffer {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Element count, -1 for null. `elementBytes` is the least that one element takes on the wire. */
  arrayLength(elementBytes: number): number {
    return this.#elements(this.int32(), elementBytes);
  }

  compactArrayLength(elementBytes: number): number {
    return this.#elements(this.uvarint() - 1, elementBytes);
  }

  #elements(count: number, elementBytes: number): number {
    if (count <= 0) {
      if (count < -1) throw new ProtocolError(`an array of ${count} elements`);
      return count;
    }
    if (count * elementBytes > this.remaining) {
      throw new ProtocolError(`an array of ${count} elements in ${this.remaining} bytes`);
    }
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0)
      throw new ProtocolError(`more than ${MAX_ELEMENTS} array elements in a frame`);
    return count;
  }

  /** Where a field of `length` bytes ends. */
  endOf(length: number): number {
    if (length > this.remaining) throw new ProtocolError(`${length} bytes expected, ${this.remaining} left`);
    return this.#offset + length;
  }

  skipTo(offset: number): void {
    this.#offset = offset;
  }

  expectAt(offset: number): void {
    if (this.#offset !== offset) throw new ProtocolError("a tagged field is not as long as it says");
  }

  skipTaggedFields(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.#take(this.uvarint());
    }
  }
}

export function nullNotAllowed(what: string): never {
  throw new ProtocolError(`null where a ${what} is required`);
}
