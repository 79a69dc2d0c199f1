/** The log of one topic in memory: what arrives gets its offsets at once and becomes visible when it is released. */
import { ERROR } from "../wire/control-plane.ts";
import { BATCH, isCompressed } from "../wire/record-batch.ts";
import { FaultSchedule, hasFaults, spoil } from "./faults.ts";
import { type ReleaseClock, ReleaseQueue, releaseTime } from "./release-queue.ts";
import type { SyntheticSettings } from "./settings.ts";

interface StoredBatch {
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly bytes: Buffer;
}

export interface Appended {
  readonly errorCode: number;
  readonly baseOffset: number;
}

/** What all partitions of a topic share: its faults, and the queue of what has not left yet. */
export class TopicPace {
  readonly #settings: SyntheticSettings;
  readonly #queue: ReleaseQueue;
  readonly #clock: ReleaseClock;
  readonly faults: FaultSchedule;
  #stallStartUs: number | null = null;

  constructor(settings: SyntheticSettings, clock: ReleaseClock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#queue = new ReleaseQueue(clock);
    this.faults = new FaultSchedule(settings.faults);
  }

  get spoils(): boolean {
    return hasFaults(this.#settings.faults);
  }

  /** Runs `release` when something that arrives now may leave. */
  schedule(release: () => void): void {
    const { delayUs, stallAtUs, stallUs } = this.#settings;
    const nowUs = this.#clock.nowUs();
    const startUs = (this.#stallStartUs ??= nowUs + stallAtUs);
    this.#queue.add(releaseTime(nowUs, delayUs, { startUs, endUs: startUs + stallUs }), release);
  }
}

export class SyntheticPartition {
  readonly #pace: TopicPace;
  readonly #batches: StoredBatch[] = [];
  readonly #waiting = new Set<() => void>();
  #assigned = 0;
  bytes = 0;

  constructor(pace: TopicPace) {
    this.#pace = pace;
  }

  /** End of what is visible. */
  get end(): number {
    return this.#batches.at(-1)?.nextOffset ?? 0;
  }

  /**
   * Takes over one batch; `released` is called when it has become visible, or at once when it is refused. Throws
   * RangeError when its records are not what its header says.
   */
  append(batch: Buffer, released: (appended: Appended) => void): void {
    const refused = this.#refusal(batch);
    if (refused !== ERROR.none) {
      released({ errorCode: refused, baseOffset: -1 });
      return;
    }
    const kind = this.#pace.faults.next(batch.readInt32BE(BATCH.recordCount));
    // A copy: the batch shares memory with the request.
    const bytes = kind === null ? Buffer.from(batch) : spoil(batch, kind);
    const baseOffset = this.#assigned;
    const nextOffset = baseOffset + bytes.readInt32BE(BATCH.lastOffsetDelta) + 1;
    bytes.writeBigInt64BE(BigInt(baseOffset), BATCH.baseOffset);
    this.#assigned = nextOffset;
    this.bytes += bytes.length;
    this.#pace.schedule(() => {
      this.#batches.push({ baseOffset, nextOffset, bytes });
      released({ errorCode: ERROR.none, baseOffset });
      for (const wake of [...this.#waiting]) wake();
    });
  }

  /** Whole batches from the one that holds `offset` on: at least one, then as many as fit into `maxBytes`. */
  read(offset: number, maxBytes: number): Buffer[] {
    const found: Buffer[] = [];
    let length = 0;
    for (let at = this.#indexOf(offset); at < this.#batches.length; at++) {
      const { bytes } = this.#batches[at]!;
      if (found.length > 0 && length + bytes.length > maxBytes) break;
      found.push(bytes);
      length += bytes.length;
    }
    return found;
  }

  /** Calls `wake` at every release until the returned function is called. */
  watch(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  #refusal(batch: Buffer): number {
    if (batch.length < BATCH.records || batch.readInt8(BATCH.magic) !== 2) return ERROR.corruptMessage;
    if (batch.readInt32BE(BATCH.length) + 12 !== batch.length) return ERROR.corruptMessage;
    // Single messages are spoilt by taking the batch apart, which is done for uncompressed ones only.
    return this.#pace.spoils && isCompressed(batch) ? ERROR.unsupportedCompression : ERROR.none;
  }

  /** Of the first batch that ends beyond `offset`. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#batches[middle]!.nextOffset > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
