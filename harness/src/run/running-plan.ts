/** A plan in execution, as every phase of it sees it. */
import type { Load } from "../load/load-of-plan.ts";
import type { Endpoint } from "../load/protocol.ts";
import type { Protocol, SteadyPlan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import type { Destination, LoadAdmin } from "./destination.ts";
import type { Guard } from "./guard.ts";
import type { LoadGroup, LoadProcessCounts } from "./load-group.ts";
import type { RunListener } from "./progress.ts";

const CREATE_TIMEOUT_MS = 30_000;

/** What acts on the world, given from outside. */
export interface RunDeps {
  readonly connectAdmin: (protocol: Protocol, endpoint: Endpoint) => Promise<LoadAdmin>;
  readonly nowUs: () => number;
  /** 32 bits that no other run on this broker has. */
  readonly newRunId: () => number;
  readonly signal: AbortSignal;
  readonly listen: RunListener;
  readonly loadProcesses: LoadProcessCounts;
}

/** What every phase of one run works with. */
export interface RunningPlan {
  readonly plan: SteadyPlan;
  readonly target: RunningTarget;
  readonly admin: LoadAdmin;
  /** What the plan's workload is over its protocol. */
  readonly load: Load;
  readonly group: LoadGroup;
  readonly guard: Guard;
  readonly deps: RunDeps;
}

/** Named after scenario and run, so that what is left on an external broker can be recognised. */
export function openDestination(
  {
    plan,
    load,
    admin,
    guard,
  }: Pick<RunningPlan, "load" | "admin" | "guard"> & {
    readonly plan: { readonly scenario: string };
  },
  runId: number,
): Promise<Destination> {
  const name = `brokermark-${plan.scenario}-${runId.toString(16).padStart(8, "0")}`;
  return guard.wait(admin.create(name, load), CREATE_TIMEOUT_MS, "creating topic or queues");
}
