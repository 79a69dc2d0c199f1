/** A plan in execution, as every phase of it sees it. */
import type { Endpoint } from "../load/protocol.ts";
import type { Plan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import type { Guard } from "./guard.ts";
import type { LoadGroup, LoadProcessCounts } from "./load-group.ts";
import { createTemporaryTopic, type LogAdmin, type TemporaryTopic } from "./log-admin.ts";
import type { RunListener } from "./progress.ts";

const CREATE_TIMEOUT_MS = 30_000;

/** What acts on the world, given from outside. */
export interface RunDeps {
  readonly connectAdmin: (endpoint: Endpoint) => Promise<LogAdmin>;
  readonly nowUs: () => number;
  /** 32 bits that no other run on this broker has. */
  readonly newRunId: () => number;
  readonly signal: AbortSignal;
  readonly listen: RunListener;
  readonly loadProcesses: LoadProcessCounts;
}

/** What every phase of one run works with. */
export interface RunningPlan {
  readonly plan: Plan;
  readonly target: RunningTarget;
  readonly admin: LogAdmin;
  readonly load: LoadGroup;
  readonly guard: Guard;
  readonly deps: RunDeps;
}

/** A topic named after scenario and run, so that what is left on an external broker can be recognised. */
export function openTopic({ plan, admin, guard }: RunningPlan, runId: number): Promise<TemporaryTopic> {
  const name = `brokermark-${plan.scenario}-${runId.toString(16).padStart(8, "0")}`;
  const creating = createTemporaryTopic(admin, name, plan.parameters.partitions);
  return guard.wait(creating, CREATE_TIMEOUT_MS, "creating a topic");
}
