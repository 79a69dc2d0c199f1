/** The warm-up of a staged run: of a steady load that asks of the broker what the stages will. */
import { loadOf } from "../../load/load-of-plan.ts";
import type { StagedWorkload, SteadyPlan } from "../../scenario/plan.ts";
import { Guard } from "../guard.ts";
import { LoadGroup } from "../load-group.ts";
import { warmUp } from "../warm-up.ts";
import type { WarmupEvidence } from "../warmup-bounds.ts";
import { NO_WARMUP } from "./observed.ts";
import type { Staged } from "./staged-run.ts";

export async function warmUpFor(
  {
    target,
    alreadyWarm,
    deps,
    enter,
  }: Pick<Staged<StagedWorkload>, "target" | "alreadyWarm" | "deps" | "enter">,
  plan: SteadyPlan,
): Promise<WarmupEvidence> {
  if (plan.phases.warmup.maxMs === 0) return NO_WARMUP;
  enter("warming up");
  const load = loadOf(plan);
  await using admin = await deps.connectAdmin(plan.protocol, target.endpoint);
  await using group = await LoadGroup.start(load, deps.loadProcesses);
  using guard = new Guard(deps.signal, [target.died, group.failed]);
  return await warmUp({ plan, target, admin, load, group, guard, deps }, alreadyWarm);
}
