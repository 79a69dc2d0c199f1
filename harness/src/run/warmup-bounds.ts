/**
 * Warm-up: the same load on topics of its own until the rate has settled. Every target gets it, because compilers,
 * page cache and allocation all start cold; a JVM gets at least 30 s whatever the rate does.
 */
import { isLevel, windowsAgree } from "../measure/steadiness.ts";
import type { Phases } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";

/**
 * HotSpot's second compiler still replaces code after tens of seconds; V8's is done within a few. BeamAsm compiles when
 * code is loaded: what grows there are heaps, allocator carriers and the credit of flow control.
 */
const LEAST_MS: Readonly<Record<RunningTarget["warmup"], number>> = {
  jvm: 30_000,
  beam: 10_000,
  node: 3_000,
  none: 0,
};
/** For a further plan on a target that is warm already: only its own path and the page cache are new. */
const AGAIN_LEAST_MS = 2_000;
const AGAIN_MOST_MS = 15_000;
/** With so many windows a level series need not wait for three that agree. */
const ENOUGH_WINDOWS = 20;

export interface WarmupBounds {
  readonly leastMs: number;
  readonly mostMs: number;
  readonly windowMs: number;
}

export interface WarmupEvidence {
  readonly kind: "full" | "brief" | "none";
  readonly settled: boolean;
  readonly elapsedMs: number;
  readonly windowRates: readonly number[];
}

/** Null: the plan asks for no warm-up. The plan's maximum holds, except below what a JVM or the BEAM needs. */
export function warmupBounds(
  phases: Phases["warmup"],
  target: RunningTarget["warmup"],
  alreadyWarm: boolean,
): WarmupBounds | null {
  if (phases.maxMs === 0) return null;
  const { windowMs } = phases;
  if (alreadyWarm) {
    const mostMs = Math.min(AGAIN_MOST_MS, phases.maxMs);
    return { leastMs: Math.min(AGAIN_LEAST_MS, mostMs), mostMs, windowMs };
  }
  const needed = LEAST_MS[target];
  const mostMs = target === "node" ? phases.maxMs : Math.max(needed, phases.maxMs);
  return { leastMs: Math.min(Math.max(needed, phases.minMs), mostMs), mostMs, windowMs };
}

/**
 * Turns cumulative counts into rates of full windows. Progress comes every 250 ms and not exactly then, so a window
 * ends with the first count at or after its length and its rate is over the time it really took.
 */
export class RateWindows {
  readonly rates: number[] = [];
  readonly #windowUs: number;
  #begin: { readonly atUs: number; readonly messages: number } | null = null;

  constructor(windowMs: number) {
    this.#windowUs = windowMs * 1000;
  }

  add(progress: { readonly atUs: number; readonly messages: number }): void {
    this.#begin ??= progress;
    const elapsedUs = progress.atUs - this.#begin.atUs;
    if (elapsedUs < this.#windowUs) return;
    this.rates.push(((progress.messages - this.#begin.messages) / elapsedUs) * 1e6);
    this.#begin = progress;
  }

  /** A new topic: counts begin at 0 and the gap before it belongs to no window. */
  interrupt(): void {
    this.#begin = null;
  }

  /** `batchRecords`: a batch more or less in a window is no disagreement. */
  settled(batchRecords: number): boolean {
    const agree = windowsAgree(this.rates, (batchRecords / this.#windowUs) * 1e6);
    return agree || (this.rates.length >= ENOUGH_WINDOWS && isLevel(this.rates));
  }
}
