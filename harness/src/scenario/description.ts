import type { LogLoadParameters, Phases } from "./plan.ts";
import { resolvePoints } from "./resolve.ts";
import type { Scenario } from "./schema.ts";

/** A scenario with its profiles resolved; what `brokermark list --json` prints. */
export interface ScenarioDescription {
  readonly name: string;
  readonly question: string;
  readonly workload: string;
  readonly protocol: string;
  readonly targets: readonly string[];
  readonly profiles: readonly ProfileDescription[];
}

export interface ProfileDescription {
  readonly name: string;
  readonly summary: string;
  readonly mode: "open" | "closed";
  readonly driver: string;
  readonly durability: string | null;
  readonly phases: Phases;
  /** One per point of the sweep; one in all without a sweep. */
  readonly points: readonly LogLoadParameters[];
}

export function describeScenario(scenario: Scenario): ScenarioDescription {
  const { name, question, workload, protocol, targets } = scenario;
  const profiles = Object.entries(scenario.profiles).map(([profile, { summary }]): ProfileDescription => {
    const points = resolvePoints(scenario, profile);
    const { mode, driver, durability, phases } = points[0]!;
    return {
      name: profile,
      summary,
      mode,
      driver,
      durability,
      phases,
      points: points.map(({ parameters }) => parameters),
    };
  });
  return { name, question, workload, protocol, targets, profiles };
}
