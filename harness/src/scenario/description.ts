import type { DriverName, LoadParameters, Phases } from "./plan.ts";
import { resolvePoints } from "./resolve.ts";
import type { Scenario } from "./schema.ts";
import { DRIVER_PROTOCOLS } from "./workloads.ts";

/** A scenario with its profiles resolved; what `brokermark list --json` prints. */
export interface ScenarioDescription {
  readonly name: string;
  readonly question: string;
  readonly workload: string;
  readonly protocols: readonly string[];
  readonly targets: readonly string[];
  readonly profiles: readonly ProfileDescription[];
}

export interface ProfileDescription {
  readonly name: string;
  readonly summary: string;
  readonly mode: "open" | "closed";
  readonly drivers: readonly DriverName[];
  readonly durability: string | null;
  readonly phases: Phases;
  /** One per point of the sweep; one in all without a sweep. */
  readonly points: readonly LoadParameters[];
}

export function describeScenario(scenario: Scenario): ScenarioDescription {
  const { name, question, workload, targets } = scenario;
  const profiles = Object.entries(scenario.profiles).map(([profile, { summary }]): ProfileDescription => {
    const points = resolvePoints(scenario, profile);
    const { mode, drivers, durability, phases } = points[0]!;
    return {
      name: profile,
      summary,
      mode,
      drivers,
      durability,
      phases,
      points: points.map(({ parameters }) => parameters),
    };
  });
  const drivers = profiles.flatMap((profile) => profile.drivers);
  const protocols = [...new Set(drivers.map((driver) => DRIVER_PROTOCOLS[driver]))];
  return { name, question, workload, protocols, targets, profiles };
}
