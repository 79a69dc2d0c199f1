/**
 * Kafka's primitive types, written and read by hand for tests: the broker's own codec must not vouch for itself.
 * Source: Kafka protocol guide, "Protocol Primitive Types"; compact forms KIP-482.
 */

export class ByteWriter {
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#fixed(1, (buffer) => buffer.writeInt8(value));
  }
  int16(value: number): this {
    return this.#fixed(2, (buffer) => buffer.writeInt16BE(value));
  }
  int32(value: number): this {
    return this.#fixed(4, (buffer) => buffer.writeInt32BE(value));
  }
  int64(value: bigint | number): this {
    return this.#fixed(8, (buffer) => buffer.writeBigInt64BE(BigInt(value)));
  }
  uvarint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    return this.raw(Buffer.from([...bytes, rest]));
  }
  /** Zigzag, as inside records. */
  varint(value: number): this {
    return this.uvarint(value >= 0 ? value * 2 : -value * 2 - 1);
  }
  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.from(value, "utf8");
    return this.int16(bytes.length).raw(bytes);
  }
  bytes(value: Buffer | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).raw(value);
  }
  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const bytes = Buffer.from(value, "utf8");
    return this.uvarint(bytes.length + 1).raw(bytes);
  }
  compactBytes(value: Buffer): this {
    return this.uvarint(value.length + 1).raw(value);
  }
  varintBytes(value: Buffer | null): this {
    return value === null ? this.varint(-1) : this.varint(value.length).raw(value);
  }
  /** No tagged fields follow. */
  noTags(): this {
    return this.uvarint(0);
  }
  raw(bytes: Buffer): this {
    this.#parts.push(bytes);
    return this;
  }
  build(): Buffer {
    return Buffer.concat(this.#parts);
  }
  #fixed(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    return this.raw(buffer);
  }
}

export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }
  get remaining(): number {
    return this.#buffer.length - this.#at;
  }
  int8(): number {
    return this.#buffer.readInt8(this.#advance(1));
  }
  int16(): number {
    return this.#buffer.readInt16BE(this.#advance(2));
  }
  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4));
  }
  /** Offsets and times in tests stay below 2^53. */
  int64(): number {
    return Number(this.#buffer.readBigInt64BE(this.#advance(8)));
  }
  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.raw(length).toString("utf8");
  }
  bytes(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : this.raw(length);
  }
  raw(length: number): Buffer {
    const start = this.#advance(length);
    return this.#buffer.subarray(start, start + length);
  }
  array<T>(item: (reader: ByteReader) => T): T[] {
    const count = this.int32();
    return Array.from({ length: Math.max(count, 0) }, () => item(this));
  }
  #advance(length: number): number {
    const start = this.#at;
    if (length < 0 || start + length > this.#buffer.length) throw new RangeError("response ends too early");
    this.#at += length;
    return start;
  }
}
