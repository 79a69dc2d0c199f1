import type { Segment } from "../../mechanisms/segment.ts";
import type { TopicConfig } from "./topic-config.ts";

/** Kafka's rule for cleanup.policy=delete: by the age of a segment's newest record, or by the size of the log. */
export function expendableBy(
  config: Pick<TopicConfig, "retentionMs" | "retentionBytes">,
  nowMs: number,
): (oldest: Pick<Segment, "bytes" | "maxTimestampMs">, totalBytes: number) => boolean {
  return (oldest, totalBytes) => {
    const tooOld = config.retentionMs >= 0 && nowMs - oldest.maxTimestampMs > config.retentionMs;
    const tooMuch = config.retentionBytes >= 0 && totalBytes - oldest.bytes >= config.retentionBytes;
    return tooOld || tooMuch;
  };
}
