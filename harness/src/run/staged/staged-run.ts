/**
 * What a staged workload is to the session: a function that takes a started target through its stages and says what it
 * saw. Warm-up is its own business (`warmUpFor`), validity, throughput and the stored form are those of every run
 * (build-staged-result.ts).
 */
import type { IntegrityCounts } from "../integrity-verdict.ts";
import type { ProcessEvidence } from "../../load/protocol.ts";
import type { PhaseUsage } from "../../measure/sampler.ts";
import type { LoadProcessEvidence } from "../../measure/validity.ts";
import type { FiguresOf } from "../../result/figures/index.ts";
import type { PhaseDetail, PhaseSummary, ResultFile } from "../../result/schema.ts";
import type { PlanOf, StagedPlan, StagedWorkload, SteadyPlan } from "../../scenario/plan.ts";
import type { RunningTarget } from "../../targets/target.ts";
import type { ResultContext } from "../assemble-result.ts";
import type { RunDeps } from "../running-plan.ts";
import type { WarmupEvidence } from "../warmup-bounds.ts";

export interface StagedRun<W extends StagedWorkload> {
  /** The same messages as a steady load: for the warm-up and the generator's ceiling. null: there is none. */
  readonly steadily: (plan: PlanOf<W>) => SteadyPlan | null;
  /** Throws what `runPlan` throws. Everything it opened is closed when it returns or throws. */
  readonly run: (staged: Staged<W>) => Promise<StagedObservations<W>>;
}

/** What every stage works with. */
export interface Staged<W extends StagedWorkload> {
  readonly plan: PlanOf<W>;
  readonly target: RunningTarget;
  /** The target has had its full warm-up since it was started. */
  readonly alreadyWarm: boolean;
  /** What a sink showed under the plan's `steadily`. */
  readonly context: ResultContext;
  readonly deps: RunDeps;
  /** Tells the terminal which stage begins. */
  readonly enter: (stage: string) => void;
}

/** A stage as it is stored: its row, and what is behind it. */
export interface ObservedPhase {
  readonly summary: PhaseSummary;
  readonly detail: PhaseDetail;
}

export interface StagedObservations<W extends StagedWorkload = StagedWorkload> {
  readonly phases: readonly ObservedPhase[];
  readonly figures: FiguresOf<W>;
  readonly counts: IntegrityCounts;
  /** What `throughput` says: messages over seconds; null where the workload has no such figure. */
  readonly throughput: { readonly messages: number; readonly seconds: number } | null;
  /** Over all that the workload calls its latencies, HdrHistogram V2 base64. */
  readonly histograms: ResultFile["histograms"];
  readonly windows: ResultFile["windows"];
  readonly usage: PhaseUsage;
  readonly warmup: WarmupEvidence;
  readonly loadProcesses: readonly (ProcessEvidence & Pick<LoadProcessEvidence, "role">)[];
  /** What the target took a second, to be held against the generator's ceiling; null: not comparable. */
  readonly attainedPerSecond: number | null;
  readonly publisherErrors: Readonly<Record<string, number>>;
  /** Why the run did not measure what it says, in sentences: it is `unstable` then. */
  readonly shortcomings: readonly string[];
  readonly examples: readonly string[];
  /** Anything else worth keeping. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

export type AnyStagedRun = StagedRun<StagedPlan["workload"]>;
