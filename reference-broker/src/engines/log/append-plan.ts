import { batchHeader } from "../../mechanisms/record-batch.ts";
import type { Segment } from "../../mechanisms/segment.ts";
import type { TopicConfig } from "./topic-config.ts";

/** Kafka's limit: offsets inside a segment are int32. */
const MAX_RELATIVE_OFFSET = 2 ** 31 - 1;

type Limits = Pick<TopicConfig, "segmentBytes" | "segmentMs">;
type Active = Pick<Segment, "baseOffset" | "bytes" | "firstTimestampMs" | "nextOffset">;

/** Where the next batch will stand once everything gathered before it is written. */
export class AppendPlan {
  readonly #limits: Limits;
  #segmentBaseOffset = 0;
  #segmentBytes = 0;
  #segmentFirstTimestampMs = -1;
  nextOffset = 0;

  constructor(limits: Limits, active: Active) {
    this.#limits = limits;
    this.reset(active);
  }

  /** Nothing is gathered: the next batch follows what is written. */
  reset(active: Active): void {
    this.#segmentBaseOffset = active.baseOffset;
    this.#segmentBytes = active.bytes;
    this.#segmentFirstTimestampMs = active.firstTimestampMs;
    this.nextOffset = active.nextOffset;
  }

  /** Moves behind `batch`, which stands at `nextOffset`. True when it begins a new segment. */
  admit(batch: Buffer): boolean {
    const baseOffset = this.nextOffset;
    const maxTimestampMs = batchHeader.maxTimestampMs(batch, 0);
    const rolls = this.#mustRoll(batch, maxTimestampMs);
    if (rolls) {
      this.#segmentBaseOffset = baseOffset;
      this.#segmentBytes = 0;
      this.#segmentFirstTimestampMs = -1;
    }
    if (this.#segmentFirstTimestampMs < 0) this.#segmentFirstTimestampMs = maxTimestampMs;
    this.#segmentBytes += batch.length;
    this.nextOffset = baseOffset + batchHeader.recordCount(batch, 0);
    return rolls;
  }

  #mustRoll(batch: Buffer, maxTimestampMs: number): boolean {
    if (this.#segmentBytes === 0) return false;
    const lastOffset = this.nextOffset + batchHeader.lastOffsetDelta(batch, 0);
    const first = this.#segmentFirstTimestampMs;
    return (
      this.#segmentBytes + batch.length > this.#limits.segmentBytes ||
      lastOffset - this.#segmentBaseOffset > MAX_RELATIVE_OFFSET ||
      (first >= 0 && maxTimestampMs - first > this.#limits.segmentMs)
    );
  }
}
