import type { Segment } from "../../mechanisms/segment.ts";
import type { TopicConfig } from "./topic-config.ts";

/** Kafka's rule for cleanup.policy=delete: by the age of a segment's newest record, or by the size of the log. */
export function expendableBy(
  config: Pick<TopicConfig, "retentionMs" | "retentionBytes">,
  nowMs: number,
): (oldest: Pick<Segment, "bytes" | "maxTimestampMs" | "createdAtMs">, totalBytes: number) => boolean {
  return (oldest, totalBytes) => {
    // Records without a timestamp are as old as their segment is known to be.
    const newestMs = oldest.maxTimestampMs >= 0 ? oldest.maxTimestampMs : oldest.createdAtMs;
    const tooOld = config.retentionMs >= 0 && nowMs - newestMs > config.retentionMs;
    const tooMuch = config.retentionBytes >= 0 && totalBytes - oldest.bytes >= config.retentionBytes;
    return tooOld || tooMuch;
  };
}
