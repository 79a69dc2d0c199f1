/** What staged runs say alike of their publishers, and of a warm-up that there was not. */
import type { PublisherReport } from "../../load/protocol.ts";
import { addCounts } from "../build-result.ts";
import type { WarmupEvidence } from "../warmup-bounds.ts";

export const NO_WARMUP: WarmupEvidence = { kind: "none", settled: true, elapsedMs: 0, windowRates: [] };

/** What publishers were answered instead of a confirmation, with how often. */
export function addErrors(reports: readonly PublisherReport[]): Record<string, number> {
  return addCounts(reports.map(({ errors }) => errors));
}
