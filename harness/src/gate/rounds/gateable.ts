import { HarnessError } from "../../errors.ts";
import type { Plan, SteadyPlan } from "../../scenario/plan.ts";
import { HTTP_DRIVERS } from "../../scenario/workloads.ts";

const HINT =
  "workloads that can be gated: log-load with acks 1 or all, and publish-confirm, in closed loop; " +
  "scenarios: megabatch, publish-confirm";

/**
 * A slice counts confirmations and ends with nothing in flight. Throws USAGE for what has none (acks 0), what is paced
 * (open loop), and what is over only when consumers have had it, who would still be reading in the other side's slice.
 */
export function requireGateable(plan: Plan): asserts plan is SteadyPlan {
  const reason = whyNot(plan);
  if (reason === null) return;
  throw new HarnessError("USAGE", `${plan.scenario} (${plan.profile}) cannot be gated: ${reason}`, {
    hint: HINT,
  });
}

/** null: it can be. */
function whyNot(plan: Plan): string | null {
  const { workload, mode, driver } = plan;
  if (workload !== "log-load" && workload !== "publish-confirm")
    return `workload ${workload} does not end with the broker's confirmation`;
  if (mode === "open") return "it is paced, and a slice keeps the window full";
  if (driver === "null" || HTTP_DRIVERS.includes(driver))
    return `driver ${driver} keeps no window of unconfirmed messages`;
  if (workload === "log-load" && plan.parameters.acks === 0) return "with acks 0 nothing is confirmed";
  return null;
}
