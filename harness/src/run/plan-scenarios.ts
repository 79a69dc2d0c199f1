import { loadScenario } from "../scenario/load.ts";
import { makePlans, type PlanRequest } from "../scenario/make-plans.ts";
import type { Plan } from "../scenario/plan.ts";

/** Plans of several scenarios, one scenario after another. Throws HarnessError USAGE and SCENARIO_INVALID. */
export async function planScenarios(namesOrPaths: readonly string[], request: PlanRequest): Promise<Plan[]> {
  const scenarios = await Promise.all(namesOrPaths.map((name) => loadScenario(name)));
  return scenarios.flatMap((scenario) => makePlans(scenario, request));
}
