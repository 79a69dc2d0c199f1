import { HEAD_BYTES, headChecksum, payloadState, readStamp, type Stamp } from "../../integrity/message.ts";
import { HEADER, HEADER_BYTES } from "./record-batch.ts";

/** A publisher's pool has eight; of whatever comes beyond that nothing is remembered. */
const MOST_KNOWN = 16;
/** With so many stamps it was read in full. What stands behind a stamp then does not depend on it. */
const READINGS = 2;

interface KnownBatch {
  /** As it first came. */
  readonly bytes: Buffer;
  /** Where record 0's value lies in it, uncompressed. */
  readonly valueAt: number;
  /** Of that value's checksum behind its stamp. */
  readonly payloadState: number;
  readings: number;
}

/**
 * Batches that were decompressed and checked record by record. A publisher sends the same few again and again, other stamps in
 * them; one that is equal to such a batch byte for byte but for its stamp holds the same records, each as intact. Comparing costs a
 * fraction of checking. What a broker compressed anew, or altered, is equal to none and is read in full.
 */
export class KnownBatches {
  readonly #known: KnownBatch[] = [];

  /** The stamp of a batch whose records need no reading; null: read it. */
  recognise(batch: Buffer): Stamp | null {
    const known = this.#find(batch);
    return known === null || known.readings < READINGS ? null : stampOf(batch, known);
  }

  /**
   * `batch` was read in full and every record is intact; record 0's value lies at `valueAt` of its decompressed `stream` and is so
   * long.
   */
  learn(batch: Buffer, stream: Buffer, valueAt: number, valueBytes: number): void {
    const known = this.#find(batch);
    if (known !== null) {
      if (!isEqual(batch, known.bytes, known.valueAt, known.valueAt + HEAD_BYTES)) known.readings++;
      return;
    }
    if (this.#known.length === MOST_KNOWN) return;
    const at = batch.indexOf(stream.subarray(valueAt, valueAt + HEAD_BYTES), HEADER_BYTES);
    if (at < 0) return;
    const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
    const state = payloadState(view, valueAt, valueBytes);
    this.#known.push({ bytes: Buffer.from(batch), valueAt: at, payloadState: state, readings: 1 });
  }

  #find(batch: Buffer): KnownBatch | null {
    for (const known of this.#known) if (isSame(batch, known)) return known;
    return null;
  }
}

/** Equal in all but what is of this sending: offset, CRC, times, producer, stamp. */
function isSame(batch: Buffer, { bytes, valueAt }: KnownBatch): boolean {
  const same = (from: number, to: number): boolean => isEqual(batch, bytes, from, to);
  return (
    batch.length === bytes.length &&
    same(valueAt + 4, valueAt + 12) &&
    same(HEADER.attributes, HEADER.baseTimestamp) &&
    same(HEADER.recordCount, valueAt) &&
    same(valueAt + HEAD_BYTES, batch.length)
  );
}

function isEqual(a: Buffer, b: Buffer, from: number, to: number): boolean {
  return a.compare(b, from, to, from, to) === 0;
}

/** null where the stamp's own checksum does not hold. */
function stampOf(batch: Buffer, { valueAt, payloadState: state }: KnownBatch): Stamp | null {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  return view.getUint32(valueAt, true) === headChecksum(view, valueAt, state)
    ? readStamp(view, valueAt)
    : null;
}
