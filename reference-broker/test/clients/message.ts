/** A message as every client shows it, whatever its own types are. */
export interface Message {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
  /** Null: the writer cannot set one, its clock decides. */
  readonly timestampMs: number | null;
}

export interface ReadMessage extends Message {
  readonly offset: number;
  readonly timestampMs: number;
}

export type Codec = "none" | "gzip" | "snappy" | "lz4" | "zstd";
export const CODECS: readonly Codec[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Text that fails to match prints small: sizes and digests instead of megabytes. */
export function display(message: Message): Record<string, unknown> {
  const bytes = (value: Buffer | null) =>
    value === null || value.length <= 64
      ? (value?.toString("hex") ?? null)
      : `${value.length} bytes, ${value.subarray(0, 16).toString("hex")}…${value.subarray(-16).toString("hex")}`;
  return {
    key: bytes(message.key),
    value: bytes(message.value),
    headers: message.headers.map(([name, value]) => [name, bytes(value)]),
  };
}

export function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

/** Key, value and headers (order and duplicates included) are equal; timestamps are compared apart. */
export function sameContent(a: Message, b: Message): boolean {
  return (
    sameBytes(a.key, b.key) &&
    sameBytes(a.value, b.value) &&
    a.headers.length === b.headers.length &&
    a.headers.every(([name, value], at) => {
      const other = b.headers[at]!;
      return name === other[0] && sameBytes(value, other[1]);
    })
  );
}
