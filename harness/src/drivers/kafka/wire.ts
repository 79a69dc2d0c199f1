/**
 * Types of the Kafka protocol's non-flexible messages, as values that both write and read. Sizes and orders are
 * those of https://kafka.apache.org/protocol: big endian, strings with an int16 length, arrays with an int32 count.
 */
import { HarnessError } from "../../errors.ts";

export interface WireType<T> {
  write(writer: WireWriter, value: T): void;
  read(reader: WireReader): T;
}

export type ValueOf<Type> = Type extends WireType<infer T> ? T : never;

export class WireWriter {
  #bytes = Buffer.allocUnsafe(512);
  #length = 0;

  /** Room for `size` more bytes; the position they start at. May replace `buffer`. */
  claim(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  get buffer(): Buffer {
    return this.#bytes;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

export class WireReader {
  readonly buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.#at = at;
  }

  /** Position of the next `size` bytes, which are then taken. */
  take(size: number): number {
    const at = this.#at;
    if (size < 0 || at + size > this.buffer.length) {
      throw new HarnessError(
        "DRIVER_PROTOCOL",
        `response ends too early: ${size} bytes wanted at ${at} of ${this.buffer.length}`,
      );
    }
    this.#at += size;
    return at;
  }
}

export const int8: WireType<number> = {
  write: (w, value) => {
    const at = w.claim(1);
    w.buffer.writeInt8(value, at);
  },
  read: (r) => r.buffer.readInt8(r.take(1)),
};
export const boolean: WireType<boolean> = {
  write: (w, value) => int8.write(w, value ? 1 : 0),
  read: (r) => int8.read(r) !== 0,
};
export const int16: WireType<number> = {
  write: (w, value) => {
    const at = w.claim(2);
    w.buffer.writeInt16BE(value, at);
  },
  read: (r) => r.buffer.readInt16BE(r.take(2)),
};
export const int32: WireType<number> = {
  write: (w, value) => {
    const at = w.claim(4);
    w.buffer.writeInt32BE(value, at);
  },
  read: (r) => r.buffer.readInt32BE(r.take(4)),
};
/** As a number: exact up to 2^53, which no offset or id here exceeds. */
export const int64: WireType<number> = {
  write: (w, value) => {
    const at = w.claim(8);
    w.buffer.writeBigInt64BE(BigInt(value), at);
  },
  read: (r) => Number(r.buffer.readBigInt64BE(r.take(8))),
};
export const nullableString: WireType<string | null> = {
  write: (w, value) => {
    const length = value === null ? -1 : Buffer.byteLength(value);
    int16.write(w, length);
    if (value === null) return;
    const at = w.claim(length);
    w.buffer.write(value, at);
  },
  read: (r) => {
    const length = int16.read(r);
    if (length < 0) return null;
    const at = r.take(length);
    return r.buffer.toString("utf8", at, at + length);
  },
};
export const string: WireType<string> = {
  write: (w, value) => nullableString.write(w, value),
  read: (r) => nullableString.read(r) ?? "",
};
/** Null reads as empty. What is read shares memory with the response. */
export const bytes: WireType<Buffer> = {
  write: (w, value) => {
    int32.write(w, value.length);
    const at = w.claim(value.length);
    value.copy(w.buffer, at);
  },
  read: (r) => {
    const length = Math.max(0, int32.read(r));
    const at = r.take(length);
    return r.buffer.subarray(at, at + length);
  },
};

/** Null reads as empty. */
export function array<T>(element: WireType<T>): WireType<readonly T[]> {
  return {
    write: (w, values) => {
      int32.write(w, values.length);
      for (const value of values) element.write(w, value);
    },
    read: (r) => {
      const count = int32.read(r);
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(element.read(r));
      return values;
    },
  };
}

export function nullableArray<T>(element: WireType<T>): WireType<readonly T[] | null> {
  const present = array(element);
  return {
    write: (w, values) => (values === null ? int32.write(w, -1) : present.write(w, values)),
    read: (r) => present.read(r),
  };
}

type Fields = Readonly<Record<string, WireType<never>>>;
type StructOf<F> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** Fields in the order they are written down. */
export function struct<F extends { readonly [Name in keyof F]: WireType<ValueOf<F[Name]>> }>(
  fields: F,
): WireType<StructOf<F>> {
  const entries = Object.entries(fields as unknown as Fields) as [string, WireType<unknown>][];
  return {
    write: (w, value) => {
      for (const [name, type] of entries) type.write(w, (value as Record<string, unknown>)[name]);
    },
    read: (r) => {
      const value: Record<string, unknown> = {};
      for (const [name, type] of entries) value[name] = type.read(r);
      return value as StructOf<F>;
    },
  };
}
