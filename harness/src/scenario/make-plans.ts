import { HarnessError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { parseOverrides } from "./override.ts";
import type { DriverName, Plan, Protocol } from "./plan.ts";
import { type ResolvedPoint, resolvePoints } from "./resolve.ts";
import type { Scenario } from "./schema.ts";
import { DRIVER_PROTOCOLS } from "./workloads.ts";

export interface PlanRequest {
  /** Empty or absent: every profile but smoke, in the order of the file. */
  readonly profiles?: readonly string[];
  /** As `--target` is written; empty or absent: those of the scenario. */
  readonly targets?: readonly string[];
  /** Repetitions of everything, at least 1, which is the default. */
  readonly repeat?: number;
  /** Instead of the scenario's. */
  readonly seed?: number;
  /** `key=value` as `--set` is written, over everything else. */
  readonly set?: readonly string[];
  /** With the scenario's `quick` overlay; profiles are then named `<profile>-quick`. */
  readonly quick?: boolean;
  /** Whether a target, as `--target` is written, speaks a protocol; absent: every target speaks every protocol. */
  readonly speaks?: (target: string, protocol: Protocol) => boolean;
}

/**
 * Scenario and request -> plans in the order to run them: repetition, then profile, then sweep point, then
 * target, then driver. Targets are rotated by one from each repetition, and from each sweep point, to the next, so that no
 * target always runs first and slow drift of the machine falls on all of them alike. Pure.
 * @throws HarnessError USAGE for unknown profiles and malformed overrides; SCENARIO_INVALID for an
 * override that makes a profile impossible.
 */
export function makePlans(scenario: Scenario, request: PlanRequest = {}): Plan[] {
  const points = pointsOf(scenario, request);
  const repeat = request.repeat ?? 1;
  const seed = request.seed ?? scenario.seed;
  const plans: Plan[] = [];
  for (let repetition = 1; repetition <= repeat; repetition++) {
    points.forEach((point, index) => {
      const targets = targetsOf(point, request);
      for (const target of rotated(targets, repetition - 1 + index)) {
        for (const driver of driversFor(target, point, request)) {
          const seedHere = (seed + repetition - 1) >>> 0;
          plans.push(planOf(scenario, point, driver, target, repetition, seedHere));
        }
      }
    });
  }
  return plans;
}

function planOf(
  scenario: Scenario,
  point: ResolvedPoint,
  driver: DriverName,
  target: string,
  repetition: number,
  seed: number,
): Plan {
  const plan = {
    scenario: scenario.name,
    question: scenario.question,
    profile: point.profile,
    workload: scenario.workload,
    protocol: DRIVER_PROTOCOLS[driver],
    driver,
    mode: point.mode,
    target,
    durability: point.durability,
    repetition,
    seed,
    parameters: point.parameters,
    phases: point.phases,
    expect: point.expect,
  };
  // The parameters are of this workload, as its schema has checked.
  return plan as Plan;
}

/** Where it speaks none of the protocols the first is kept, and its start says so. */
function driversFor(
  target: string,
  { drivers }: ResolvedPoint,
  { speaks }: PlanRequest,
): readonly DriverName[] {
  const spoken = drivers.filter((driver) => speaks?.(target, DRIVER_PROTOCOLS[driver]) ?? true);
  return spoken.length > 0 ? spoken : drivers.slice(0, 1);
}

function pointsOf(scenario: Scenario, request: PlanRequest): ResolvedPoint[] {
  const override = parseOverrides(request.set ?? [], scenario.workload);
  const points = profilesOf(scenario, request.profiles ?? []).flatMap((profile) =>
    resolvePoints(scenario, profile, { quick: request.quick ?? false, override }),
  );
  const reasons = points.flatMap(({ profile, impossible }) =>
    impossible.map(({ reason }) => `${scenario.name} ${profile} is impossible: ${reason}`),
  );
  if (reasons.length > 0) {
    throw new HarnessError("SCENARIO_INVALID", [...new Set(reasons)].join("\n"), {
      hint: "the scenario itself is sound; a --set made it impossible",
    });
  }
  return points;
}

function profilesOf(scenario: Scenario, asked: readonly string[]): string[] {
  const known = Object.keys(scenario.profiles);
  for (const profile of asked) {
    if (known.includes(profile)) continue;
    const meant = nearest(profile, known);
    throw new HarnessError(
      "USAGE",
      `scenario ${scenario.name} has no profile ${profile}${meant === null ? "" : `; did you mean ${meant}?`}`,
      { hint: `it has: ${known.join(", ")}` },
    );
  }
  if (asked.length > 0) return [...new Set(asked)];
  const full = known.filter((profile) => profile !== "smoke");
  return full.length > 0 ? full : known;
}

function targetsOf(point: ResolvedPoint, request: PlanRequest): string[] {
  return [...new Set(request.targets?.length ? request.targets : point.targets)];
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
