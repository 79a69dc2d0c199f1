import type { Impossibility } from "./phases.ts";
import type { DriverName, Durability, Expectations, LoadParameters, Phases } from "./plan.ts";
import type { Overlay, Scenario } from "./schema.ts";
import { WORKLOADS } from "./workloads.ts";

/** A profile at one point of its sweep: all of a plan that does not depend on target, repetition and seed. */
export interface ResolvedPoint {
  readonly profile: string;
  /** At least one; of several each target gets those whose protocol it speaks. */
  readonly drivers: readonly DriverName[];
  readonly mode: "open" | "closed";
  readonly durability: Durability | null;
  readonly targets: readonly string[];
  readonly parameters: LoadParameters;
  readonly phases: Phases;
  readonly expect: Expectations;
  /** Why it cannot be run; empty when it can. */
  readonly impossible: readonly Impossibility[];
}

/**
 * Base <- profile <- quick <- sweep point <- override. Two points that come out alike (a swept parameter was
 * overridden) are one. Pure.
 */
export function resolvePoints(
  scenario: Scenario,
  profile: string,
  options: { readonly quick?: boolean; readonly override?: Overlay } = {},
): ResolvedPoint[] {
  const selected = scenario.profiles[profile];
  if (selected === undefined) throw new Error(`invariant violated: no profile ${profile}`);
  const { summary: _, ...profileOverlay } = selected;
  const below = [profileOverlay, ...(options.quick && scenario.quick ? [scenario.quick] : [])];
  const override = options.override ?? {};
  const base = below.reduce<Base>(applyOverlay, scenario);
  const points = (base.sweep ?? [{}]).flatMap(crossProduct).map((point): ResolvedPoint => {
    const swept = applyOverlay(base, { parameters: point });
    const { mode, driver, durability, targets, phases, expect, ...chosen } = applyOverlay(swept, override);
    // The schema of the workload has checked every field; which workload it is, is known at run time only.
    const given = chosen.parameters as unknown as LoadParameters;
    const parameters = { ...given, ratePerSecond: given.ratePerSecond ?? null } as LoadParameters;
    const drivers = [driver].flat();
    const judge = WORKLOADS[scenario.workload].impossibilities as Judge;
    const impossible = drivers.flatMap((each) => judge({ driver: each, mode, parameters, phases }));
    const name = options.quick ? `${profile}-quick` : profile;
    return { profile: name, drivers, mode, durability, targets, parameters, phases, expect, impossible };
  });
  return uniqueBy(points, (point) => JSON.stringify(point.parameters, Object.keys(point.parameters).sort()));
}

type Judge = (
  resolved: Pick<ResolvedPoint, "mode" | "parameters" | "phases"> & { readonly driver: DriverName },
) => readonly Impossibility[];

type Base = Pick<
  Scenario,
  "mode" | "driver" | "durability" | "targets" | "parameters" | "sweep" | "phases" | "expect"
>;

function applyOverlay(base: Base, over: Overlay): Base {
  return {
    mode: over.mode ?? base.mode,
    driver: over.driver ?? base.driver,
    durability: over.durability === undefined ? base.durability : over.durability,
    targets: over.targets ?? base.targets,
    parameters: merged(base.parameters, over.parameters),
    sweep: over.sweep ?? base.sweep,
    phases: {
      warmup: merged(base.phases.warmup, over.phases?.warmup),
      measure: merged(base.phases.measure, over.phases?.measure),
      verify: merged(base.phases.verify, over.phases?.verify),
    },
    expect: merged(base.expect, over.expect),
  };
}

type Loose<T> = { [Key in keyof T]?: T[Key] | undefined };

function merged<T extends object>(base: T, over: Loose<T> | undefined): T {
  const given = Object.entries(over ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}

type SweepEntry = NonNullable<Scenario["sweep"]>[number];

/** {a: [1, 2], b: [3]} -> {a: 1, b: 3}, {a: 2, b: 3}; the first key varies slowest. */
function crossProduct(entry: SweepEntry): NonNullable<Overlay["parameters"]>[] {
  let points: Record<string, unknown>[] = [{}];
  for (const [key, values] of Object.entries(entry)) {
    points = points.flatMap((point) => (values ?? []).map((value) => ({ ...point, [key]: value })));
  }
  return points;
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
