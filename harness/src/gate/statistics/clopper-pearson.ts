import { betaQuantile } from "./incomplete-beta.ts";

/** Exact bounds for a share of which `hits` in `trials` were seen (Clopper and Pearson, Biometrika 1934). */
export interface ShareBounds {
  readonly low: number;
  readonly high: number;
}

/** Each of the two bounds holds with `confidence`; both together with twice its distance from 1. */
export function oneSidedBounds(hits: number, trials: number, confidence: number): ShareBounds {
  return {
    low: hits === 0 ? 0 : betaQuantile(1 - confidence, hits, trials - hits + 1),
    high: hits === trials ? 1 : betaQuantile(confidence, hits + 1, trials - hits),
  };
}

/** Both bounds hold together with `confidence`. */
export function twoSidedBounds(hits: number, trials: number, confidence: number): ShareBounds {
  return oneSidedBounds(hits, trials, (1 + confidence) / 2);
}
