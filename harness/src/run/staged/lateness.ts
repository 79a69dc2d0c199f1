/** How late the messages of a storm ended, where nothing but the depth of their queue tells. Pure. */
import { LatencyHistogram } from "../../measure/histogram.ts";
import type { DepthSample } from "./depth-watch.ts";

export interface Lateness {
  readonly histogram: LatencyHistogram;
  /** Messages that a sample no longer saw before they were due, and by how much at most. */
  readonly early: number;
  readonly earliestUs: number;
}

/**
 * Between two samples the oldest messages ended, as many as the depth fell by; each counts as ended when the later sample
 * was answered, so that lateness is an upper bound. `dueUs`: deadline of the nth message in the order of deadlines.
 */
export function latenessFromDepth(
  samples: readonly DepthSample[],
  messages: number,
  dueUs: (nth: number) => number,
): Lateness {
  const histogram = new LatencyHistogram();
  let gone = 0;
  let early = 0;
  let earliestUs = 0;
  for (const sample of samples) {
    for (; gone < messages - sample.messages; gone++) {
      const latenessUs = sample.atUs - dueUs(gone);
      histogram.record(latenessUs);
      if (latenessUs >= 0) continue;
      early++;
      earliestUs = Math.max(earliestUs, -latenessUs);
    }
  }
  return { histogram, early, earliestUs };
}
