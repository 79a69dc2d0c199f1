/** Latencies of several load processes as one, in the stored form. */
import type { ConsumerReport, PublisherReport } from "../load/protocol.ts";
import { mergeEncoded } from "../measure/histogram.ts";
import type { ResultFile } from "../result/schema.ts";

export function pooledHistograms(
  publishers: readonly Pick<PublisherReport, "histograms">[],
  consumers: readonly Pick<ConsumerReport, "histograms">[],
): ResultFile["histograms"] {
  const pooled = (encoded: readonly (string | null)[]) => mergeEncoded(encoded)?.encode() ?? null;
  return {
    response: pooled(consumers.map(({ histograms }) => histograms.response)),
    service: pooled(consumers.map(({ histograms }) => histograms.service)),
    publish: pooled(publishers.map(({ histograms }) => histograms.publish)),
    scheduleLag: pooled(publishers.map(({ histograms }) => histograms.scheduleLag)),
  };
}
