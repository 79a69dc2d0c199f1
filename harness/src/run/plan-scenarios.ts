import { loadScenario } from "../scenario/load.ts";
import { makePlans, type PlanRequest } from "../scenario/make-plans.ts";
import type { Plan } from "../scenario/plan.ts";
import { TARGETS } from "../targets/catalog.ts";
import { parseTargetSpec } from "../targets/target-spec.ts";

/** Plans of several scenarios, one scenario after another. Throws HarnessError USAGE and SCENARIO_INVALID. */
export async function planScenarios(
  namesOrPaths: readonly string[],
  request: Omit<PlanRequest, "speaks">,
): Promise<Plan[]> {
  const scenarios = await Promise.all(namesOrPaths.map((name) => loadScenario(name)));
  const speaks: PlanRequest["speaks"] = (target, protocol) =>
    TARGETS[parseTargetSpec(target).name].protocols.includes(protocol);
  return scenarios.flatMap((scenario) => makePlans(scenario, { ...request, speaks }));
}
