/** What the evidence says. Made by `judge` of nothing but evidence, so a replay gives the same to the last bit. */
import type { EndLine } from "./evidence.ts";
import type { GateMetricName } from "./metrics.ts";

/** Why nothing can be told; `INCONCLUSIVE_REASONS` says each in words, with what would help. */
export type InconclusiveReason =
  /** The effect that could have been seen is larger than the limit. */
  | "noise"
  /** A difference smaller than the limit, or not yet certain: more rounds would tell. */
  | "borderline"
  /** Others used most of the machine during most blocks. */
  | "contended"
  /** Effects of rounds follow a trend or two modes. */
  | "unstable"
  /** CPU, boot or clock source changed while it ran. */
  | "migrated"
  /** Too few rounds for the test to reject at all. */
  | "short"
  /** The baseline differs from itself. */
  | "control"
  /** The machine stood still: such rounds are set aside, and too few were left. */
  | "clock"
  /** The generator was at its limit: what the broker could do does not show. */
  | "client"
  | "side-failed"
  | "interrupted";

export type MetricVerdict =
  | "pass"
  /** Slower for certain, by less than the limit. */
  | "pass-slower"
  | "regress"
  | "improved"
  | "inconclusive"
  /** More than half of the rounds saw no difference at all: equal within its resolution. */
  | "equal"
  /** No limit is named for it: shown, not judged. */
  | "no-limit"
  | "not-measured";

export interface MetricJudgement {
  readonly scenario: string;
  readonly metric: GateMetricName;
  readonly role: "gating" | "advisory";
  readonly verdict: MetricVerdict;
  readonly reason: InconclusiveReason | null;
  /** Share by which the candidate is worse (negative: better); Hodges-Lehmann of the rounds' log-ratios, as a share. */
  readonly effect: number | null;
  /** Exact signed-rank interval at 95 % (wider where so few rounds allow no less); null below six rounds. */
  readonly interval: readonly [number, number] | null;
  /** One-sided upper bound that `pass` is judged by. */
  readonly upperBound: number | null;
  readonly limit: number | null;
  readonly indifference: number;
  /** Smallest effect that as many rounds with this noise tell from nothing in 95 of 100 jobs. */
  readonly detectable: number | null;
  /** Sequential one-sided p-values: that the candidate is no worse, that it is no better. */
  readonly pWorse: number;
  readonly pBetter: number;
  readonly alpha: number;
  /** Standard deviation of the rounds' log-ratios. */
  readonly deviation: number | null;
  /** One log-ratio for each round, above 0: the candidate is worse. */
  readonly effects: readonly number[];
  /** Number of the round that each effect is of (`RoundLine.round`); a round may be set aside or lack the metric. */
  readonly effectRounds: readonly number[];
  /** Medians over rounds of both sides, in the metric's unit, for the reader. */
  readonly baseline: number | null;
  readonly candidate: number | null;
}

export type GateVerdict = "pass" | "regress" | "improved" | "inconclusive" | "integrity";

export interface Fitness {
  /** Medians over slices, cores. */
  readonly foreignCores: number | null;
  readonly stealCores: number | null;
  readonly cores: number;
  /** Share of a core that the generator used: median over rounds of the side that made it busier. */
  readonly generatorShare: number | null;
  readonly longestGapMs: number;
  /** Rules that fired, whatever the verdict. */
  readonly fired: readonly InconclusiveReason[];
}

export interface IntegrityFinding {
  readonly scenario: string;
  readonly round: number;
  readonly side: string;
  /** In words: `3 lost, 1 duplicated`. */
  readonly what: string;
  readonly examples: readonly string[];
}

export interface Judgement {
  readonly schemaVersion: 1;
  readonly verdict: GateVerdict;
  readonly reason: InconclusiveReason | null;
  readonly metrics: readonly MetricJudgement[];
  readonly integrity: readonly IntegrityFinding[];
  readonly fitness: Fitness;
  /** Verdict of the control arm by the same rules; null without one. */
  readonly control: GateVerdict | null;
  /** Rounds by scenario. */
  readonly rounds: Readonly<Record<string, number>>;
  readonly wallMs: number;
  readonly endReason: EndLine["reason"] | null;
}

/** What to do after a round. */
export interface Progress {
  /** Scenarios that need no more rounds. */
  readonly decided: readonly string[];
  /** null: go on. */
  readonly stop: "decided" | "rounds" | "futile" | "integrity" | null;
}
