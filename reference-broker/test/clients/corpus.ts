/** The messages every writer sends: contents that brokers have lost, and batches from 1 B to 1 MiB. */
import { createHash } from "node:crypto";
import type { Message } from "./message.ts";

export interface CorpusBatch {
  readonly name: string;
  readonly messages: readonly Message[];
}

const BINARY = Buffer.from([0x00, 0xff, 0x80, 0x0a, 0x22, 0x5c, 0xc3, 0x28, 0x00]);
const EMPTY = Buffer.alloc(0);
const RECORD_BYTES = 100;
const RECORD_OVERHEAD_BYTES = 9;

/** A batch header and the fields around one null-keyed value of nearly 1 MiB: with it the batch is exactly 1 MiB. */
const LARGEST_OVERHEAD_BYTES = 72;
export const LARGEST_BATCH_BYTES = 1_048_576;

/** Hex digits of a hash chain, each digest twice: every record differs, and every codec gets a third away or more. */
export function textOf(seed: string, bytes: number): Buffer {
  const parts: string[] = [];
  for (let at = 0; at * 128 < bytes; at += 1) {
    parts.push(createHash("sha256").update(`${seed}/${at}`).digest("hex").repeat(2));
  }
  return Buffer.from(parts.join("").slice(0, bytes), "latin1");
}

/** Explicit times lie a minute back, so that no retention and no clock of today changes them. */
export function contents(nowMs: number): Message[] {
  const at = (offsetMs: number) => nowMs - 60_000 + offsetMs;
  return [
    { key: null, value: null, headers: [], timestampMs: at(0) },
    { key: EMPTY, value: EMPTY, headers: [], timestampMs: at(1) },
    { key: null, value: EMPTY, headers: [], timestampMs: at(1) },
    { key: BINARY, value: BINARY, headers: [["h", BINARY]], timestampMs: at(5) },
    { key: Buffer.from("ключ"), value: null, headers: [["h", EMPTY]], timestampMs: at(3) },
    {
      key: Buffer.from("k"),
      value: Buffer.from("duplicate header names keep their order"),
      headers: [
        ["a", Buffer.from("1")],
        ["a", Buffer.from("2")],
        ["é", BINARY],
      ],
      timestampMs: at(9),
    },
  ];
}

/** Java and kcat can also write null header values. */
export function nullHeader(nowMs: number): Message {
  return {
    key: null,
    value: Buffer.from("null header"),
    headers: [
      ["n", null],
      ["n", null],
    ],
    timestampMs: nowMs,
  };
}

/** kcat writes one set of headers and one kind of null per call. */
export function kcatContents(): CorpusBatch[] {
  const message = (key: Buffer | null, value: Buffer | null, headers: Message["headers"] = []): Message => ({
    ...{ key, value, headers, timestampMs: null },
  });
  const x = Buffer.from("x");
  return [
    { name: "null key and value", messages: [message(null, null)] },
    { name: "empty key and value", messages: [message(EMPTY, EMPTY)] },
    { name: "binary value", messages: [message(Buffer.from("k"), BINARY)] },
    {
      name: "headers",
      messages: [
        message(null, x, [
          ["a", x],
          ["a", null],
          ["b", EMPTY],
          ["a", x],
        ]),
      ],
    },
  ];
}

/** `timestampMs` null leaves the time to the writer. */
export function sizedBatches(timestampMs: number | null): CorpusBatch[] {
  const single = (name: string, bytes: number): CorpusBatch => ({
    name,
    messages: [{ key: null, value: textOf(name, bytes), headers: [], timestampMs }],
  });
  const many = (name: string, batchBytes: number): CorpusBatch => ({
    name,
    messages: Array.from(
      { length: Math.floor(batchBytes / (RECORD_BYTES + RECORD_OVERHEAD_BYTES)) },
      (_, at) => ({
        ...{ key: null, value: textOf(`${name}/${at}`, RECORD_BYTES), headers: [] },
        timestampMs: timestampMs === null ? null : timestampMs + at,
      }),
    ),
  });
  return [
    single("1 B", 1),
    many("1 KiB", 1024),
    many("16 KiB", 16_384),
    single("64 KiB and one", 65_537),
    many("512 KiB", 524_288),
    many("nearly 1 MiB of records", 1_000_000),
    single("exactly 1 MiB", LARGEST_BATCH_BYTES - LARGEST_OVERHEAD_BYTES),
  ];
}
