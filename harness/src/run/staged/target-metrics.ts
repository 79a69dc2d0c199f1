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

/** Samples only; lines that are none are passed over. Pure. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([A-Za-z_:][\w:]*(?:\{.*\})?) (\S+)/.exec(line) ?? [];
    if (name !== undefined) samples.set(name, Number(value));
  }
  return samples;
}
