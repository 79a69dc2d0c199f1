/**
 * Where the messages of one segment stand, and what a start must know of them without reading them. In memory 4 B a
 * message once the segment is sealed, its position, and nothing when all are of one size. On disk it is the segment's summary: who finds it intact scans nothing.
 */
import { crc32c } from "@node-rs/crc32";
import { NO_DEADLINE } from "./contract.ts";
import { type IndexColumns, returnColumns, takeColumns } from "./index-columns.ts";
import { NOT_SHARED, record, type RecordBuffer } from "./record.ts";

const INITIAL_MESSAGES = 16;

/** u32 CRC32C of all behind it, u32 format, f64 base sequence, u32 count, u32 bytes of the segment, u32 columns. */
const HEADER_BYTES = 28;
/** Below: of other records. */
const FORMAT = 3;
const HAS_DELTAS = 1;
const HAS_DEADLINES = 2;
const HAS_BODY_IDS = 4;

type Column = Uint8Array | Uint32Array | Float64Array;

/** What is only needed by a start and by a summary. */
interface Details {
  /** Positions among them; longer than what they hold while the index grows. */
  columns: IndexColumns;
  /** null: no message has one. */
  deadlinesMs: Float64Array | null;
  /** null: no body is stored elsewhere. */
  bodyIds: Float64Array | null;
}

export class SegmentIndex {
  readonly base: number;
  #count = 0;
  /** Empty when all records are of one size. */
  #positions: Uint32Array;
  /** That size; 0: they stand in `#positions`. */
  #stride = 0;
  /** Sequences relative to the base; null while there are no gaps. */
  #deltas: Uint32Array | null = null;
  #details: Details | null;
  /** Of the segment: where the next record goes. */
  fileBytes = 0;

  /** `columns`: used by nobody else from here on. */
  constructor(base: number, columns: IndexColumns = takeColumns(INITIAL_MESSAGES)) {
    this.base = base;
    this.#positions = columns.positions;
    this.#details = { columns, deadlinesMs: null, bodyIds: null };
  }

  get count(): number {
    return this.#count;
  }

  get hasDetails(): boolean {
    return this.#details !== null;
  }

  get lastSequence(): number {
    return this.#count === 0 ? this.base - 1 : this.sequenceAt(this.#count - 1);
  }

  /** Adds the record at `at`, which stands at `fileBytes` of the segment. */
  add(source: RecordBuffer, at: number): void {
    const sequence = record.sequence(source, at);
    const deadlineMs = record.deadlineMs(source, at);
    const ordinal = this.#count++;
    if (ordinal === this.#positions.length) this.#resize(ordinal * 2);
    this.#positions[ordinal] = this.fileBytes;
    const delta = sequence - this.base;
    if (this.#deltas !== null) this.#deltas[ordinal] = delta;
    else if (delta !== ordinal) this.#firstGap(ordinal, delta);
    const details = this.#details!;
    details.columns.bodyBytes[ordinal] = record.bodyBytes(source, at);
    details.columns.priorities[ordinal] = record.priority(source, at);
    details.deadlinesMs = this.#setOptional(details.deadlinesMs, ordinal, deadlineMs, NO_DEADLINE);
    details.bodyIds = this.#setOptional(details.bodyIds, ordinal, record.bodyId(source, at), NOT_SHARED);
    this.fileBytes += record.sizeBytes(source, at);
  }

  /** `bytes` at the end are damaged; up to this ordinal they held messages. */
  addLost(nextOrdinal: number, bytes: number): void {
    const delta = this.#count === 0 ? 0 : this.lastSequence - this.base;
    for (let ordinal = this.#count; ordinal < nextOrdinal; ordinal++) {
      if (ordinal === this.#positions.length) this.#resize(ordinal * 2);
      if (this.#deltas === null) this.#firstGap(ordinal, delta);
      this.#positions[ordinal] = this.fileBytes;
      this.#deltas![ordinal] = delta;
      const { bodyBytes, priorities } = this.#details!.columns;
      bodyBytes[ordinal] = priorities[ordinal] = 0;
    }
    this.#count = Math.max(this.#count, nextOrdinal);
    this.fileBytes += bytes;
  }

  /** Number of the message in the segment, or -1. */
  ordinalOf(sequence: number): number {
    const delta = sequence - this.base;
    const deltas = this.#deltas;
    if (delta < 0 || this.#count === 0) return -1;
    if (deltas === null) return delta < this.#count ? delta : -1;
    const ordinal = this.#lowerBound(sequence);
    return ordinal < this.#count && deltas[ordinal] === delta ? ordinal : -1;
  }

  /** Number of the first message at or behind this sequence; `count` when there is none. */
  ordinalFrom(sequence: number): number {
    if (sequence <= this.base) return 0;
    if (this.#deltas === null) return Math.min(sequence - this.base, this.#count);
    return this.#lowerBound(sequence);
  }

  sequenceAt(ordinal: number): number {
    return this.base + (this.#deltas === null ? ordinal : this.#deltas[ordinal]!);
  }

  position(ordinal: number): number {
    return this.#stride > 0 ? ordinal * this.#stride : this.#positions[ordinal]!;
  }

  /** Number of the message whose record holds this byte of the segment. */
  ordinalAt(position: number): number {
    if (this.#stride > 0) return Math.floor(position / this.#stride);
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#positions[middle]! <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  recordBytes(ordinal: number): number {
    if (this.#stride > 0) return this.#stride;
    const end = ordinal + 1 < this.#count ? this.#positions[ordinal + 1]! : this.fileBytes;
    return end - this.#positions[ordinal]!;
  }

  bodyBytes(ordinal: number): number {
    return this.#details!.columns.bodyBytes[ordinal]!;
  }

  priority(ordinal: number): number {
    return this.#details!.columns.priorities[ordinal]!;
  }

  deadlineMs(ordinal: number): number {
    return this.#details!.deadlinesMs?.[ordinal] ?? NO_DEADLINE;
  }

  get hasSharedBodies(): boolean {
    return this.#details !== null && this.#details.bodyIds !== null;
  }

  bodyId(ordinal: number): number {
    return this.#details!.bodyIds?.[ordinal] ?? NOT_SHARED;
  }

  /** Nothing is added any more, and the summary is on disk. */
  dropDetails(): void {
    const { columns } = this.#details!;
    this.#details = null;
    this.#stride = this.#commonBytes();
    this.#positions = this.#positions.slice(0, this.#stride > 0 ? 0 : this.#count);
    this.#deltas = this.#deltas?.slice(0, this.#count) ?? null;
    returnColumns(columns);
  }

  /** Size of all records, 0 when they differ. */
  #commonBytes(): number {
    const bytes = this.#count === 0 ? 0 : this.recordBytes(0);
    for (let i = 1; i < this.#count; i++) if (this.recordBytes(i) !== bytes) return 0;
    return bytes;
  }

  /** Size of the summary. */
  get encodedBytes(): number {
    return this.#columns().reduce(
      (sum, column) => sum + column.BYTES_PER_ELEMENT * this.#count,
      HEADER_BYTES,
    );
  }

  /** Writes the summary to the beginning of `target`, where there is room for it. */
  encode(target: Buffer): void {
    const { deadlinesMs, bodyIds } = this.#details!;
    target.writeUInt32LE(FORMAT, 4);
    target.writeDoubleLE(this.base, 8);
    target.writeUInt32LE(this.#count, 16);
    target.writeUInt32LE(this.fileBytes, 20);
    const flags = this.#deltas === null ? 0 : HAS_DELTAS;
    const optional = (deadlinesMs === null ? 0 : HAS_DEADLINES) + (bodyIds === null ? 0 : HAS_BODY_IDS);
    target.writeUInt32LE(flags + optional, 24);
    let end = HEADER_BYTES;
    for (const column of this.#columns()) {
      end += bytesOf(column.subarray(0, this.#count)).copy(target, end);
    }
    target.writeUInt32LE(crc32c(target.subarray(4, end)), 0);
  }

  /** Of a summary, in their order there. */
  #columns(): readonly Column[] {
    const { columns, deadlinesMs, bodyIds } = this.#details!;
    const optional = [this.#deltas, deadlinesMs, bodyIds].filter((column) => column !== null);
    return [columns.positions, columns.bodyBytes, columns.priorities, ...optional];
  }

  /** null when the content is not a whole, unchanged index of this segment. */
  static decode(base: number, content: Buffer): SegmentIndex | null {
    if (content.length < HEADER_BYTES || content.readUInt32LE(0) !== crc32c(content.subarray(4))) return null;
    if (content.readUInt32LE(4) !== FORMAT || content.readDoubleLE(8) !== base) return null;
    const count = content.readUInt32LE(16);
    const flags = content.readUInt32LE(24);
    let at = HEADER_BYTES;
    const column = <T extends Column>(target: T): T => {
      const bytes = bytesOf(target);
      content.copy(bytes, 0, at);
      at += bytes.length;
      return target;
    };
    const index = new SegmentIndex(base, {
      positions: column(new Uint32Array(count)),
      bodyBytes: column(new Uint32Array(count)),
      priorities: column(new Uint8Array(count)),
    });
    index.#count = count;
    const details = index.#details!;
    if ((flags & HAS_DELTAS) !== 0) index.#deltas = column(new Uint32Array(count));
    if ((flags & HAS_DEADLINES) !== 0) details.deadlinesMs = column(new Float64Array(count));
    if ((flags & HAS_BODY_IDS) !== 0) details.bodyIds = column(new Float64Array(count));
    index.fileBytes = content.readUInt32LE(20);
    return index;
  }

  #lowerBound(sequence: number): number {
    const deltas = this.#deltas!;
    const delta = sequence - this.base;
    // No message can stand further back than it would without gaps.
    let low = 0;
    let high = Math.min(delta, this.#count);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (deltas[middle]! < delta) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A column that exists once some message has a value of its own in it. */
  #setOptional(
    column: Float64Array | null,
    ordinal: number,
    value: number,
    usual: number,
  ): Float64Array | null {
    if (column === null && value === usual) return null;
    const present = column ?? new Float64Array(this.#positions.length).fill(usual);
    present[ordinal] = value;
    return present;
  }

  #firstGap(ordinal: number, delta: number): void {
    const deltas = new Uint32Array(this.#positions.length);
    for (let i = 0; i < ordinal; i++) deltas[i] = i;
    deltas[ordinal] = delta;
    this.#deltas = deltas;
  }

  #resize(length: number): void {
    const details = this.#details!;
    const former = details.columns;
    const columns = takeColumns(length);
    copyInto(columns.positions, former.positions);
    copyInto(columns.bodyBytes, former.bodyBytes);
    copyInto(columns.priorities, former.priorities);
    details.columns = columns;
    this.#positions = columns.positions;
    returnColumns(former);
    if (this.#deltas !== null) this.#deltas = copyInto(new Uint32Array(length), this.#deltas);
    if (details.deadlinesMs !== null) {
      details.deadlinesMs = copyInto(new Float64Array(length).fill(NO_DEADLINE), details.deadlinesMs);
    }
    if (details.bodyIds !== null) {
      details.bodyIds = copyInto(new Float64Array(length).fill(NOT_SHARED), details.bodyIds);
    }
  }
}

function bytesOf(column: Column): Buffer {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength);
}

function copyInto<T extends Column>(target: T, source: T): T {
  target.set(source);
  return target;
}
