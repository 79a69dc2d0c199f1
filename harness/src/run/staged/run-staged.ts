/** A staged plan on a started target: which run plays it, and how its result comes about. */
import type { ResultFile } from "../../result/schema.ts";
import type { Plan, StagedPlan, SteadyPlan } from "../../scenario/plan.ts";
import { STAGED_WORKLOADS } from "../../scenario/workloads.ts";
import type { RunningTarget } from "../../targets/target.ts";
import type { ResultContext } from "../assemble-result.ts";
import type { RunDeps } from "../running-plan.ts";
import { buildStagedResult } from "./build-staged-result.ts";
import type { AnyStagedRun } from "./staged-run.ts";
import { STAGED_RUNS } from "./table.ts";

export function isStaged(plan: Plan): plan is StagedPlan {
  return Object.hasOwn(STAGED_WORKLOADS, plan.workload);
}

/** The plan's messages as a steady load; the plan itself where it is one. null: there is none. */
export function steadyPlanOf(plan: Plan): SteadyPlan | null {
  return isStaged(plan) ? stagedRunOf(plan).steadily(plan) : plan;
}

export async function runStaged(
  plan: StagedPlan,
  target: RunningTarget,
  options: ResultContext & { readonly alreadyWarm: boolean },
  deps: RunDeps,
): Promise<ResultFile> {
  const { alreadyWarm, ...context } = options;
  const enter = (stage: string) => deps.listen({ type: "stage", plan, stage });
  const seen = await stagedRunOf(plan).run({ plan, target, alreadyWarm, context, deps, enter });
  return buildStagedResult(plan, target, seen, context);
}

/** The row of a workload takes its own plans only, which a union of rows cannot say. */
function stagedRunOf(plan: StagedPlan): AnyStagedRun {
  return STAGED_RUNS[plan.workload] as unknown as AnyStagedRun;
}
