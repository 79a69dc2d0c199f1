import { crc32c as nativeCrc32c } from "@node-rs/crc32";
import { crc32 as nativeCrc32 } from "node:zlib";
import { HarnessError } from "../../errors.ts";
import { HEAD_BYTES, MIN_VALUE_BYTES, payloadState } from "../../integrity/message.ts";
import type { BatchShape } from "../../load/protocol.ts";
import type { LogLoadParameters } from "../../scenario/plan.ts";
import { crc32, crc32c } from "./crc32c.ts";
import { type FramedStream, frameStream, GZIP_TRAILER_BYTES } from "./framing.ts";
import { CODEC_IDS, HEADER, HEADER_BYTES, LENGTH_EXCLUDED_BYTES, recordHeadBytes } from "./record-batch.ts";
import { recordSource } from "./record-source.ts";

/** So many batches of different content take turns. */
export const POOL_SIZE = 8;

/**
 * A record batch compressed once. On the wire it is `prefix` (header, codec framing, the first bytes of record 0 up
 * to the end of its stamp, stored), `tail` (everything else, compressed) and, with gzip, a trailer of 8 bytes. Only
 * prefix and trailer change from one sending to the next.
 */
export interface BatchTemplate {
  readonly id: number;
  readonly records: number;
  readonly encodedBytes: number;
  readonly prefix: Buffer;
  readonly tail: Buffer;
  readonly trailerBytes: number;
  /** In the prefix: where the stored bytes start, and where record 0's value does. */
  readonly storedOffset: number;
  readonly valueOffset: number;
  /** Checksum state of record 0's value behind its stamp. */
  readonly payloadState: number;
  /** CRC-32C of prefix and tail from that of the prefix. */
  readonly withTail: (prefixCrc: number) => number;
  /** CRC-32C of everything from that of prefix and tail and that of the trailer. */
  readonly withTrailer: (bodyCrc: number, trailerCrc: number) => number;
  /** CRC-32 of the whole stream from that of the stored bytes; only gzip wants it. */
  readonly streamCrc32: (storedCrc: number) => number;
  readonly streamBytes: number;
}

export interface TemplatePool {
  readonly templates: readonly BatchTemplate[];
  readonly shape: BatchShape;
}

type TemplateParameters = Pick<LogLoadParameters, "payloadBytes" | "payloadKind" | "codec" | "batchBytes">;

/**
 * `maxRecords` is null for batches as full as `batchBytes` allows. All templates of a pool have the same number of
 * records. Throws USAGE when a message is smaller than its stamp or larger than a batch.
 */
export function buildTemplates(
  parameters: TemplateParameters,
  seed: number,
  maxRecords: number | null,
): TemplatePool {
  const { payloadBytes, batchBytes } = parameters;
  if (payloadBytes < MIN_VALUE_BYTES) {
    throw new HarnessError(
      "USAGE",
      `payloadBytes ${payloadBytes}: a message carries at least ${MIN_VALUE_BYTES}`,
    );
  }
  const sources = Array.from({ length: POOL_SIZE }, (_, id) => recordSource(parameters, seed, id));
  let records = fullBatchRecords(batchBytes, (count) => encode(parameters, sources[0]!(count)).encodedBytes);
  if (records === 0) {
    throw new HarnessError(
      "USAGE",
      `batchBytes ${batchBytes} cannot hold a message of ${payloadBytes} bytes`,
    );
  }
  if (maxRecords !== null) records = Math.min(records, maxRecords);
  for (;;) {
    const templates = sources.map((source, id) => buildTemplate(parameters, id, records, source(records)));
    const largest = Math.max(...templates.map((each) => each.encodedBytes));
    if (largest <= batchBytes || records === 1) return { templates, shape: shapeOf(templates, payloadBytes) };
    records = Math.min(records - 1, Math.floor((records * batchBytes) / largest));
  }
}

function shapeOf(templates: readonly BatchTemplate[], payloadBytes: number): BatchShape {
  const { records } = templates[0]!;
  const mean = (value: (template: BatchTemplate) => number) =>
    templates.reduce((sum, each) => sum + value(each), 0) / templates.length;
  return {
    records,
    encodedBytes: Math.round(mean((each) => each.encodedBytes)),
    payloadBytes: records * payloadBytes,
    compressionRatio: mean((each) => each.streamBytes) / mean((each) => each.encodedBytes - HEADER_BYTES),
  };
}

/**
 * The largest number of records whose encoding stays within `batchBytes`, give or take what compression varies; 0
 * when not even one does. Encoded size grows with the count, nearly in proportion.
 */
export function fullBatchRecords(batchBytes: number, encodedBytes: (records: number) => number): number {
  if (encodedBytes(1) > batchBytes) return 0;
  let fits = 1;
  let tooMany = Number.POSITIVE_INFINITY;
  let guess = 2;
  while (tooMany - fits > 1 + fits / 1000) {
    const size = encodedBytes(guess);
    if (size <= batchBytes) fits = guess;
    else tooMany = guess;
    const proportional = Math.floor((guess * batchBytes) / size);
    const doubled = Math.min(proportional, fits * 16);
    guess = Math.min(Math.max(doubled, fits + 1), tooMany - 1);
  }
  return fits;
}

interface EncodedBatch extends FramedStream {
  readonly storedBytes: number;
  readonly trailerBytes: number;
  readonly encodedBytes: number;
}

/** Record 0 is stored up to the end of its stamp. */
function encode({ codec, payloadBytes }: TemplateParameters, stream: Buffer): EncodedBatch {
  const storedBytes = recordHeadBytes(0, payloadBytes) + HEAD_BYTES;
  const framed = frameStream(codec, storedBytes, stream.subarray(storedBytes));
  const trailerBytes = framed.endsWithCrc ? GZIP_TRAILER_BYTES : 0;
  const streamBytes = framed.head.length + storedBytes + framed.tail.length + trailerBytes;
  return { ...framed, storedBytes, trailerBytes, encodedBytes: HEADER_BYTES + streamBytes };
}

function buildTemplate(
  parameters: TemplateParameters,
  id: number,
  records: number,
  stream: Buffer,
): BatchTemplate {
  const { payloadBytes, codec } = parameters;
  const { head, tail, storedBytes, trailerBytes, encodedBytes } = encode(parameters, stream);
  const valueInStream = storedBytes - HEAD_BYTES;
  const rest = stream.subarray(storedBytes);
  const header = batchHeader(codec, records, encodedBytes);
  const storedOffset = HEADER_BYTES + head.length;
  const combineTail = crc32c.combiner(tail.length);
  const combineRest = crc32.combiner(rest.length);
  const tailCrc = nativeCrc32c(tail);
  const restCrc = nativeCrc32(rest);
  return {
    id,
    records,
    encodedBytes,
    prefix: Buffer.concat([header, head, stream.subarray(0, storedBytes)]),
    tail,
    trailerBytes,
    storedOffset,
    valueOffset: storedOffset + valueInStream,
    payloadState: payloadState(viewOf(stream), valueInStream, payloadBytes),
    withTail: (prefixCrc) => combineTail(prefixCrc, tailCrc),
    withTrailer: crc32c.combiner(trailerBytes),
    streamCrc32: (storedCrc) => combineRest(storedCrc, restCrc),
    streamBytes: stream.length,
  };
}

function batchHeader(codec: keyof typeof CODEC_IDS, records: number, encodedBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32BE(encodedBytes - LENGTH_EXCLUDED_BYTES, HEADER.batchLength);
  header.writeInt32BE(-1, HEADER.partitionLeaderEpoch);
  header.writeInt8(2, HEADER.magic);
  header.writeInt16BE(CODEC_IDS[codec], HEADER.attributes);
  header.writeInt32BE(records - 1, HEADER.lastOffsetDelta);
  header.writeBigInt64BE(-1n, HEADER.producerId);
  header.writeInt16BE(-1, HEADER.producerEpoch);
  header.writeInt32BE(-1, HEADER.baseSequence);
  header.writeInt32BE(records, HEADER.recordCount);
  return header;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
