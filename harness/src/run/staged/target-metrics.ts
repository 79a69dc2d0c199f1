/** What a target tells of itself at GET /metrics, in Prometheus' text format. */
import type { Endpoint } from "../../load/protocol.ts";

const TIMEOUT_MS = 10_000;

/** By name and labels as they are written; null where the target has no such port, or does not answer. */
export type TargetMetrics = ReadonlyMap<string, number> | null;

export async function readMetrics({ http }: Endpoint): Promise<TargetMetrics> {
  if (http === undefined) return null;
  try {
    const url = `http://${http.host}:${http.metricsPort}/metrics`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return answer.ok ? parseMetrics(await answer.text()) : null;
  } catch {
    // A run is not about its metrics: a figure that needs them says that it has none.
    return null;
  }
}

/** How late the target's event loop was since it was asked before, 99th percentile, microseconds; null: it does not tell. */
export function eventLoopDelayP99Us(metrics: TargetMetrics): number | null {
  const seconds = metrics?.get("brokermark_process_event_loop_delay_p99_seconds");
  return seconds === undefined ? null : seconds * 1e6;
}

/** Hits of all that were looked up in caches between two answers; null where nothing was, or it does not tell. */
export function cacheHitRate(before: TargetMetrics, after: TargetMetrics): number | null {
  const grown = (kind: "hits" | "misses") => counted(after, kind) - counted(before, kind);
  const [hits, misses] = [grown("hits"), grown("misses")];
  return hits + misses > 0 ? hits / (hits + misses) : null;
}

function counted(metrics: TargetMetrics, kind: "hits" | "misses"): number {
  const names = new RegExp(`^brokermark_\\w*cache_${kind}_total$`);
  return [...(metrics ?? [])].reduce((sum, [name, value]) => (names.test(name) ? sum + value : sum), 0);
}

/** Samples only; lines that are none are passed over. Pure. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([A-Za-z_:][\w:]*(?:\{.*\})?) (\S+)/.exec(line) ?? [];
    if (name !== undefined && !Number.isNaN(Number(value))) samples.set(name, Number(value));
  }
  return samples;
}
