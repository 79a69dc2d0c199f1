/** Which point of which scenario a job gates. */
import { HarnessError } from "../../errors.ts";
import { loadScenario } from "../../scenario/load.ts";
import { makePlans } from "../../scenario/make-plans.ts";
import type { Plan, Protocol } from "../../scenario/plan.ts";
import type { Scenario } from "../../scenario/schema.ts";
import { GATE_METRIC_NAMES, type GateMetricName } from "../metrics.ts";
import { requireGateable } from "../rounds/gateable.ts";
import type { Side } from "../sides/prepare-sides.ts";
import { DEFAULT_SCENARIOS, GATED_POINTS } from "./gated-points.ts";
import type { PlayedScenario } from "./run-job.ts";

export interface ScenarioRequest {
  /** Empty: the defaults, without those whose protocol a side does not speak. */
  readonly scenarios: readonly string[];
  readonly profiles: readonly string[];
  readonly set: readonly string[];
}

export interface ChosenScenarios {
  readonly scenarios: readonly PlayedScenario[];
  /** Defaults that were left out, and why. */
  readonly notes: readonly string[];
}

/** Throws USAGE: none is left, a profile with several points, what cannot be gated; SCENARIO_INVALID. */
export async function chooseScenarios(
  request: ScenarioRequest,
  sides: readonly Side[],
): Promise<ChosenScenarios> {
  const asked = request.scenarios.length > 0;
  const scenarios: PlayedScenario[] = [];
  const notes: string[] = [];
  for (const name of asked ? new Set(request.scenarios) : DEFAULT_SCENARIOS) {
    const scenario = await loadScenario(name);
    for (const profile of profilesOf(scenario, request.profiles)) {
      const plan = planOf(scenario, profile, request.set, sides);
      if (typeof plan !== "string") scenarios.push(playedScenario(plan, profile, request, sides));
      else if (asked) throw new HarnessError("USAGE", `${scenario.name}: ${plan}`);
      else notes.push(`without ${scenario.name}: ${plan}`);
    }
  }
  if (scenarios.length > 0) return { scenarios, notes };
  throw new HarnessError("USAGE", `no scenario is left: ${notes.join("; ")}`);
}

function profilesOf(scenario: Scenario, asked: readonly string[]): readonly string[] {
  if (asked.length > 0) return asked;
  const known = GATED_POINTS[scenario.name]?.profile;
  return [known ?? Object.keys(scenario.profiles).find((profile) => profile !== "smoke") ?? "smoke"];
}

/** Of the first driver whose protocol all sides speak; in words where there is none. */
function planOf(
  scenario: Scenario,
  profile: string,
  set: readonly string[],
  sides: readonly Side[],
): Plan | string {
  const plans = makePlans(scenario, {
    profiles: [profile],
    set: [...(GATED_POINTS[scenario.name]?.set ?? []), ...set],
    targets: [PLAN_TARGET],
    speaks: (_, protocol) => speakAll(sides, protocol),
  });
  const [plan] = plans;
  if (plan === undefined || !speakAll(sides, plan.protocol)) {
    return `not all sides speak a protocol that it is played over (${[...new Set(plans.map(({ protocol }) => protocol))].join(", ")})`;
  }
  const points = plans.filter(({ driver }) => driver === plan.driver);
  if (points.length === 1) return plan;
  throw new HarnessError(
    "USAGE",
    `${scenario.name} ${profile} has ${points.length} points, and a job gates one of them`,
    {
      hint: `choose with --set: ${varying(points).join(", ")}`,
    },
  );
}

/** A plan is for both sides: which they are stands in the job. */
const PLAN_TARGET = "gate";

function speakAll(sides: readonly Side[], protocol: Protocol): boolean {
  return sides.every(({ protocols }) => protocols.includes(protocol));
}

function varying(plans: readonly Plan[]): string[] {
  const parameters = plans.map((plan) => plan.parameters as Readonly<Record<string, unknown>>);
  const keys = Object.keys(parameters[0] ?? {});
  return keys
    .map((key) => ({ key, values: [...new Set(parameters.map((each) => each[key]))] }))
    .filter(({ values }) => values.length > 1)
    .map(({ key, values }) => `${key}=${values.join("|")}`);
}

function playedScenario(
  plan: Plan,
  profile: string,
  { profiles }: ScenarioRequest,
  sides: readonly Side[],
): PlayedScenario {
  requireGateable(plan);
  return {
    name: profiles.length > 0 ? `${plan.scenario}:${profile}` : plan.scenario,
    protocol: plan.protocol,
    metrics: metricsOf(sides),
    plan,
  };
}

/** Of the processes of a broker that runs elsewhere nothing is seen, and elsewhere than on Linux of none. */
const OF_PROCESSES: readonly GateMetricName[] = ["cpuPerMessage", "idleCpu", "memory"];

function metricsOf(sides: readonly Side[]): GateMetricName[] {
  const seen = process.platform === "linux" && sides.every(({ ours }) => ours);
  return GATE_METRIC_NAMES.filter((name) => seen || !OF_PROCESSES.includes(name));
}
