/**
 * Runs a list of plans: each target is started fresh for each repetition, runs its sweep points, and is stopped
 * before the next one starts, so that no two brokers ever share the machine. What is done is stored at once, so an
 * interrupted session keeps it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { HarnessError } from "../errors.ts";
import type { Environment } from "../result/environment.ts";
import type { ResultFile } from "../result/schema.ts";
import type { Plan, Workload } from "../scenario/plan.ts";
import { HTTP_DRIVERS } from "../scenario/workloads.ts";
import { connectionLimitOptions } from "../targets/connection-limit.ts";
import { memoryLimitOptions } from "../targets/memory-limit.ts";
import type { RunningTarget, Target, TargetName } from "../targets/target.ts";
import { parseTargetSpec, requireProtocol } from "../targets/target-spec.ts";
import { ceilingKey, measureSink, NO_SINK, type SinkFigures } from "./generator-ceiling.ts";
import { runPlan } from "./run-plan.ts";
import type { RunDeps } from "./running-plan.ts";
import { steadyPlanOf } from "./staged/run-staged.ts";

export interface SessionOptions {
  readonly plans: readonly Plan[];
  readonly targets: Readonly<Record<TargetName, Target>>;
  readonly store: (result: ResultFile) => Promise<ResultFile>;
  readonly environment: Environment;
  readonly command: string;
  /** Each start of a target gets a directory of its own in here. */
  readonly dataDirectory: string;
  /** Leave those directories behind. */
  readonly keep: boolean;
  readonly measureCeiling: boolean;
}

export interface SessionFailure {
  readonly target: string;
  readonly error: HarnessError;
}

export interface SessionOutcome {
  readonly results: readonly ResultFile[];
  readonly failures: readonly SessionFailure[];
}

/** Plans of one start of one target. */
export interface PlanGroup {
  readonly key: string;
  readonly plans: readonly Plan[];
}

/**
 * By repetition and target, in order of first appearance, which is where makePlans rotates the targets. Durability
 * class, protocol and memory limit are a matter of how a target is started, so plans that differ in them do not share a
 * start; one that restarts it shares it with none.
 */
export function groupByStart(plans: readonly Plan[]): PlanGroup[] {
  const groups = Map.groupBy(plans, (plan) => `${plan.repetition} ${startKey(plan)}`);
  return groups
    .values()
    .map((group) => ({ key: startKey(group[0]!), plans: group }))
    .toArray();
}

function startKey(plan: Plan): string {
  const { target, durability, protocol } = plan;
  return JSON.stringify([target, durability, protocol, needsHttp(plan), memoryLimitOf(plan), ownStart(plan)]);
}

/**
 * A broker that one plan has ended and started again is no broker for another, and one that has worked does not show what
 * connections or messages add to its memory.
 */
const OWN_START: readonly Workload[] = ["recovery", "connections", "memory-paging", "ttl-storm"];

function ownStart({ workload, profile, parameters }: Plan): unknown {
  return OWN_START.includes(workload) ? [profile, parameters] : null;
}

/** Connections at once at most, where the workload is about them: those that publish may come anew before they have gone. */
function connectionsOf(plan: Plan): number | null {
  return plan.workload === "connections" ? 2 * plan.parameters.connections : null;
}

/** Figures of these come from the target's metrics too. */
const READS_METRICS: readonly Workload[] = ["memory-paging", "ttl-storm"];

/** Only the reference broker has metrics without more ado: RabbitMQ's come with plugins, and those with memory. */
function needsHttp({ driver, workload, target }: Plan): boolean {
  const told = READS_METRICS.includes(workload) && parseTargetSpec(target).name === "reference";
  return told || HTTP_DRIVERS.includes(driver);
}

/** Bytes that the broker is to keep to, where the workload asks for that. */
function memoryLimitOf({ parameters }: Plan): number | null {
  return "memoryLimitBytes" in parameters ? parameters.memoryLimitBytes : null;
}

/** Throws only the signal's reason and our own bugs; what a target or a run failed with is in the outcome. */
export async function runSession(options: SessionOptions, deps: RunDeps): Promise<SessionOutcome> {
  const results: ResultFile[] = [];
  const failures: SessionFailure[] = [];
  const ceilings = new Map<string, SinkFigures>();
  const unusable = new Set<string>();
  for (const { key, plans } of groupByStart(options.plans)) {
    if (deps.signal.aborted) break;
    // What did not start once will not start the next time, and each attempt may take a minute.
    if (unusable.has(key)) continue;
    try {
      await measureCeilings(plans, ceilings, options, deps);
      await runGroup(plans, ceilings, options, deps, (result) => results.push(result));
    } catch (error) {
      if (deps.signal.aborted) break;
      if (!(error instanceof HarnessError)) throw error;
      if (isStartFailure(error)) unusable.add(key);
      failures.push({ target: plans[0]!.target, error });
      deps.listen({ type: "failed", target: plans[0]!.target, plans, error });
    }
  }
  return { results, failures };
}

function isStartFailure({ code }: HarnessError): boolean {
  return code === "TARGET_NOT_INSTALLED" || code === "TARGET_START_FAILED" || code === "USAGE";
}

async function runGroup(
  plans: readonly Plan[],
  ceilings: ReadonlyMap<string, SinkFigures>,
  options: SessionOptions,
  deps: RunDeps,
  onResult: (result: ResultFile) => void,
): Promise<void> {
  await using target = await startTarget(plans[0]!, options, deps);
  let alreadyWarm = false;
  for (const plan of plans) {
    const steady = steadyPlanOf(plan);
    const sink = steady === null ? undefined : ceilings.get(ceilingKey(steady));
    const context = {
      command: options.command,
      createdAt: new Date().toISOString(),
      environment: options.environment,
      ...(sink ?? NO_SINK),
    };
    const result = await runPlan(plan, target.running, { ...context, alreadyWarm }, deps);
    alreadyWarm = true;
    const stored = await options.store(result);
    onResult(stored);
    deps.listen({ type: "finished", plan, result: stored });
  }
}

/** Before the target is started, so that nothing else runs beside the generator. */
async function measureCeilings(
  plans: readonly Plan[],
  ceilings: Map<string, SinkFigures>,
  options: SessionOptions,
  deps: RunDeps,
): Promise<void> {
  const sinkSpeaks = options.targets.null.protocols;
  if (!options.measureCeiling) return;
  const wanted = plans
    .map(steadyPlanOf)
    .filter((plan) => plan !== null)
    .filter((plan) => sinkSpeaks.includes(plan.protocol) && !ceilings.has(ceilingKey(plan)));
  if (wanted.length === 0) return;
  const sinkPlan: Plan = { ...wanted[0]!, target: "null", durability: null };
  await using sink = await startTarget(sinkPlan, { ...options, keep: false }, deps);
  for (const plan of wanted) {
    if (ceilings.has(ceilingKey(plan))) continue;
    deps.listen({ type: "phase", plan, phase: "ceiling" });
    ceilings.set(ceilingKey(plan), await measureSink(plan, sink.running, deps));
  }
}

interface StartedTarget extends AsyncDisposable {
  readonly running: RunningTarget;
}

async function startTarget(plan: Plan, options: SessionOptions, deps: RunDeps): Promise<StartedTarget> {
  const spec = parseTargetSpec(plan.target);
  const target = options.targets[spec.name];
  requireProtocol(target, plan.protocol);
  const limits = {
    ...memoryLimitOptions(spec.name, memoryLimitOf(plan)),
    ...connectionLimitOptions(spec.name, connectionsOf(plan)),
  };
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(options.dataDirectory, `brokermark-${spec.name}-`));
  resources.defer(async () => {
    if (!options.keep) await rm(directory, { recursive: true, force: true });
  });
  deps.listen({ type: "target-starting", target: plan.target });
  const { durability, protocol } = plan;
  const running = resources.use(
    await target.start({
      directory,
      protocol,
      durability,
      http: needsHttp(plan),
      options: { ...limits, ...spec.options },
      signal: deps.signal,
    }),
  );
  deps.listen({
    type: "target-started",
    target: plan.target,
    version: running.version,
    startupMs: running.startupMs,
  });
  const owned = resources.move();
  return { running, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
