import { z } from "zod";

/** What is needed of a LoadWindow here (load/protocol.ts). */
const window = z.object({
  atUs: z.number(),
  durationUs: z.number().positive(),
  messages: z.number().nonnegative(),
});

type Window = z.output<typeof window>;

const MAX_BINS = 3600;

/** Bin lengths are multiples of this, so that repetitions share their places on the axis. */
const BIN_GRAIN_US = 10_000;

/**
 * Messages per second over time from the windows of all load processes of a run: [seconds since the first window
 * began, rate]. Each window's messages count evenly over its own time, since processes do not begin together. The
 * bins have the windows' usual length; the last takes in what is left, so that a short rest is no drop in the rate.
 */
export function rateOverTime(stored: readonly unknown[]): readonly (readonly [number, number])[] {
  const windows = stored.flatMap((item) => window.safeParse(item).data ?? []);
  if (windows.length === 0) return [];
  const start = Math.min(...windows.map(({ atUs }) => atUs));
  const end = Math.max(...windows.map(({ atUs, durationUs }) => atUs + durationUs));
  const lengthUs = binLength(windows, end - start);
  const edges = Array.from(
    { length: Math.max(1, Math.round((end - start) / lengthUs)) + 1 },
    (_, bin) => start + bin * lengthUs,
  );
  edges[edges.length - 1] = end;
  return edges.slice(1).map((to, bin) => {
    const from = edges[bin]!;
    const messages = windows.reduce((sum, each) => sum + messagesBetween(each, from, to), 0);
    return [((bin + 0.5) * lengthUs) / 1e6, Math.round((messages * 1e6) / (to - from))];
  });
}

function binLength(windows: readonly Window[], spanUs: number): number {
  const sorted = windows.map(({ durationUs }) => durationUs).sort((a, b) => a - b);
  const usual = Math.max(sorted[sorted.length >> 1]!, spanUs / MAX_BINS);
  return Math.max(1, Math.round(usual / BIN_GRAIN_US)) * BIN_GRAIN_US;
}

function messagesBetween({ atUs, durationUs, messages }: Window, from: number, to: number): number {
  const overlap = Math.min(to, atUs + durationUs) - Math.max(from, atUs);
  return overlap > 0 ? (messages * overlap) / durationUs : 0;
}
