/** A stage of a run in the form in which it is stored: cut out of what was seen over the whole run. Pure. */
import type { LoadWindow } from "../../load/protocol.ts";
import { mergeEncoded } from "../../measure/histogram.ts";
import type { RssSample } from "../../measure/rss-series.ts";
import type { ObservedPhase } from "./staged-run.ts";

export interface Stage {
  readonly name: string;
  readonly fromUs: number;
  readonly toUs: number;
  /** What its rate counts; null where it has none. */
  readonly messages: number | null;
}

/** Over the whole run. */
export interface Seen {
  /** Latencies of publishing are those of confirmations, of consuming response times. */
  readonly windows: { readonly publish: readonly LoadWindow[]; readonly consume: readonly LoadWindow[] };
  readonly rss: readonly RssSample[];
}

export function stageOf({ name, fromUs, toUs, messages }: Stage, { windows, rss }: Seen): ObservedPhase {
  const during = (all: readonly LoadWindow[]) => all.filter(({ atUs }) => atUs >= fromUs && atUs < toUs);
  const [publish, consume] = [during(windows.publish), during(windows.consume)];
  const latencies = { publish: pooled(publish), response: pooled(consume) };
  const samples = rss.filter(({ atUs }) => atUs >= fromUs && atUs <= toUs);
  const durationUs = Math.max(0, toUs - fromUs);
  return {
    summary: {
      name,
      durationMs: durationUs / 1e3,
      messages,
      messagesPerSecond: messages === null || durationUs === 0 ? null : (messages / durationUs) * 1e6,
      latencyUs: {
        response: latencies.response?.summary() ?? null,
        publish: latencies.publish?.summary() ?? null,
      },
      rss: {
        beginBytes: samples[0]?.bytes ?? null,
        peakBytes: samples.length === 0 ? null : Math.max(...samples.map(({ bytes }) => bytes)),
        endBytes: samples.at(-1)?.bytes ?? null,
      },
    },
    detail: {
      name,
      beganUs: fromUs,
      windows: { publish: [...publish], consume: [...consume] },
      histograms: {
        response: latencies.response?.encode() ?? null,
        publish: latencies.publish?.encode() ?? null,
      },
      rss: samples.map(({ atUs, bytes }): [number, number] => [Math.round(atUs), bytes]),
    },
  };
}

const pooled = (windows: readonly LoadWindow[]) => mergeEncoded(windows.map(({ histogram }) => histogram));
