/** From what a staged workload saw to the result of its run. Pure. */
import type { ResultFile } from "../../result/schema.ts";
import type { StagedPlan } from "../../scenario/plan.ts";
import type { RunningTarget } from "../../targets/target.ts";
import { assembleResult, type ResultContext } from "../assemble-result.ts";
import type { StagedObservations } from "./staged-run.ts";

export function buildStagedResult(
  plan: StagedPlan,
  target: RunningTarget,
  seen: StagedObservations,
  context: ResultContext,
): ResultFile {
  const { loadProcesses, attainedPerSecond, warmup, publisherErrors, shortcomings } = seen;
  return assembleResult(
    plan,
    target,
    {
      ...seen,
      encodedBytes: null,
      compressionRatio: null,
      rssBytesPerSubscriber: null,
      validity: {
        ...{ loadProcesses, attainedPerSecond, warmup, publisherErrors, shortcomings },
        consumersReadAlong: true,
        plannedPerSecond: null,
        // Rates differ from stage to stage by intention, so steadiness is not asked.
        windowRates: [],
      },
    },
    context,
  );
}
