import { z } from "zod";

/** What is needed of a LoadWindow here (load/protocol.ts). */
const window = z.object({
  atUs: z.number(),
  durationUs: z.number().positive(),
  messages: z.number().nonnegative(),
});

const MAX_BINS = 3600;

/**
 * Messages per second over time from the windows of all load processes of a run: [seconds since the first window
 * began, rate]. Each window's messages count evenly over its own time, since processes do not begin together. All
 * intervals have one length, about that of the windows, so that no short last one looks like a drop.
 */
export function rateOverTime(stored: readonly unknown[]): readonly (readonly [number, number])[] {
  const windows = stored.flatMap((item) => window.safeParse(item).data ?? []);
  if (windows.length === 0) return [];
  const start = Math.min(...windows.map(({ atUs }) => atUs));
  const end = Math.max(...windows.map(({ atUs, durationUs }) => atUs + durationUs));
  const length = Math.max(...windows.map(({ durationUs }) => durationUs));
  const bins = new Float64Array(Math.min(MAX_BINS, Math.max(1, Math.round((end - start) / length))));
  const binUs = (end - start) / bins.length;
  for (const { atUs, durationUs, messages } of windows) {
    const from = (atUs - start) / binUs;
    const to = from + durationUs / binUs;
    for (let bin = Math.floor(from); bin < Math.min(to, bins.length); bin++) {
      bins[bin]! += (messages * (Math.min(to, bin + 1) - Math.max(from, bin))) / (to - from);
    }
  }
  return Array.from(bins, (messages, bin) => [
    Number((((bin + 0.5) * binUs) / 1e6).toFixed(3)),
    Math.round((messages * 1e6) / binUs),
  ]);
}
