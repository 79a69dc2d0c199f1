/**
 * May the figures of a run be believed? Decided from evidence alone, never from how fast or slow the run was.
 *
 * A run can break several rules. All reasons are listed; the verdict is the one nearest to the cause:
 * `contaminated` (the machine was shared), then `harness-limited` (the load could not be made or timed as
 * planned), then `unstable` (the rate did not settle), else `valid`. The share rules are about the measured
 * phase, and so about consumers only where they read along with the publishers.
 */
import { drift, variation } from "./steadiness.ts";

/** Every threshold of the verdict; a run is invalid above it (or below, where that is said). */
export const VALIDITY_LIMITS = {
  /** Share of one core a load process may use in its busiest second: the issue's own bound; beyond it the process queues its own work. */
  loadProcessCoreShare: 0.85,
  /** Share of the rate that the same load reaches against the null target. */
  generatorCeilingShare: 0.85,
  /** Open loop: p99 of schedule lag may reach this share of the service time's median, or the floor below. Response time would hold the lag itself. */
  scheduleLagShareOfService: 0.1,
  /** Timers pace to about 1 ms (wrk2 says the same of itself); twice that is the least lag that can be called late. */
  scheduleLagFloorUs: 2_000,
  /** Open loop: a target that takes less than this share of the planned rate is overloaded, and its latency grows with the length of the run. */
  attainedRateShare: 0.95,
  /** CPU of others as a share of the machine. Chosen: on two cores it is a fifth of a core, more than an idle desktop uses. */
  foreignShare: 0.1,
  /** Time taken by the hypervisor as a share of the machine. Chosen: lower than the differences worth reporting. */
  stealShare: 0.05,
  /** Slewing is at most 0.5 ms a second (adjtime), so a jump of this size is a step or a paused machine. */
  clockStepMs: 50,
  /** Closed loop: standard deviation of the one-second rates over their mean. Chosen wide: write-back makes honest runs uneven. */
  rateVariation: 0.25,
  /** Closed loop: rise or fall from first to last second along the fitted line, over the mean. */
  rateDrift: 0.25,
  /** Fewer one-second windows than this say nothing about steadiness. */
  windowsForSteadiness: 5,
} as const;

export interface LoadProcessEvidence {
  readonly role: "publisher" | "consumer";
  readonly pid: number;
  readonly cpuUserUs: number;
  readonly cpuSystemUs: number;
  readonly wallUs: number;
  readonly busiestWindowShare: number;
  readonly eventLoopDelayP99Us: number;
}

export interface ValidityEvidence {
  readonly mode: "open" | "closed";
  /** Consumers worked during the measured phase; otherwise they read back after it, and their CPU is no limit. */
  readonly consumersReadAlong: boolean;
  readonly loadProcesses: readonly LoadProcessEvidence[];
  /** null in closed loop. */
  readonly scheduleLagP99Us: number | null;
  readonly serviceP50Us: number | null;
  /** Messages a second that the target took, lost or not; null where nothing was taken. */
  readonly attainedPerSecond: number | null;
  readonly plannedPerSecond: number | null;
  readonly generatorCeiling: number | null;
  readonly warmup: { readonly settled: boolean; readonly elapsedMs: number };
  /** What the publishers were answered instead of a confirmation, with how often. */
  readonly publisherErrors: Readonly<Record<string, number>>;
  /** Messages a second of each full one-second window of the measured phase. */
  readonly windowRates: readonly number[];
  /** Of a staged workload: why it did not measure what it says. */
  readonly shortcomings: readonly string[];
  readonly foreignShare: number | null;
  readonly stealShare: number | null;
  readonly clockStepMs: number;
}

export type ValidityVerdict = "valid" | "contaminated" | "harness-limited" | "unstable";

export interface Validity {
  readonly verdict: ValidityVerdict;
  /** One sentence with its figure for each rule broken. */
  readonly reasons: string[];
}

type Invalid = Exclude<ValidityVerdict, "valid">;
type Rule = (evidence: ValidityEvidence) => string | null;

const limits = VALIDITY_LIMITS;

/** Above this the publisher was late by its schedule. */
export function scheduleLagLimitUs(serviceP50Us: number | null): number {
  return Math.max(limits.scheduleLagFloorUs, limits.scheduleLagShareOfService * (serviceP50Us ?? 0));
}

/** Nearest cause first; within a verdict the order in which reasons are told. */
const RULES: readonly (readonly [Invalid, Rule])[] = [
  ["contaminated", foreignCpu],
  ["contaminated", steal],
  ["contaminated", clockStep],
  ["harness-limited", busyLoadProcess],
  ["harness-limited", nearCeiling],
  ["harness-limited", lateSchedule],
  ["unstable", refused],
  ["unstable", notWarm],
  ["unstable", unevenRate],
  ["unstable", driftingRate],
  ["unstable", overloaded],
  ["unstable", fellShort],
];

export function judgeValidity(evidence: ValidityEvidence): Validity {
  const broken = RULES.flatMap(([verdict, rule]) => {
    const reason = rule(evidence);
    return reason === null ? [] : [{ verdict, reason }];
  });
  return { verdict: broken[0]?.verdict ?? "valid", reasons: broken.map(({ reason }) => reason) };
}

function foreignCpu({ foreignShare }: ValidityEvidence): string | null {
  if (foreignShare === null || foreignShare <= limits.foreignShare) return null;
  return `other processes used ${percent(foreignShare)} of the machine's CPU (limit ${percent(limits.foreignShare)})`;
}

function steal({ stealShare }: ValidityEvidence): string | null {
  if (stealShare === null || stealShare <= limits.stealShare) return null;
  return `the hypervisor took ${percent(stealShare)} of the CPU time (limit ${percent(limits.stealShare)})`;
}

function clockStep({ clockStepMs }: ValidityEvidence): string | null {
  if (Math.abs(clockStepMs) <= limits.clockStepMs) return null;
  return `the wall clock moved ${clockStepMs.toFixed(0)} ms against the monotonic clock (limit ${limits.clockStepMs} ms)`;
}

function busyLoadProcess({ consumersReadAlong, loadProcesses }: ValidityEvidence): string | null {
  const limiting = loadProcesses.filter(({ role }) => consumersReadAlong || role === "publisher");
  const busiest = limiting.toSorted((a, b) => b.busiestWindowShare - a.busiestWindowShare)[0];
  if (!busiest || busiest.busiestWindowShare <= limits.loadProcessCoreShare) return null;
  return `a ${busiest.role} process used ${percent(busiest.busiestWindowShare)} of a core in its busiest second (limit ${percent(limits.loadProcessCoreShare)})`;
}

function nearCeiling({ attainedPerSecond, generatorCeiling }: ValidityEvidence): string | null {
  if (attainedPerSecond === null || generatorCeiling === null || generatorCeiling === 0) return null;
  const share = attainedPerSecond / generatorCeiling;
  if (share <= limits.generatorCeilingShare) return null;
  return `the rate is ${percent(share)} of what the generator reaches against the null target (limit ${percent(limits.generatorCeilingShare)})`;
}

/**
 * A publisher is late because its process was (its event loop too) or because the target left no request free;
 * only the first is the harness's doing. The second is part of response time and shows as `overloaded`.
 */
function lateSchedule({ scheduleLagP99Us, serviceP50Us, loadProcesses }: ValidityEvidence): string | null {
  const limitUs = scheduleLagLimitUs(serviceP50Us);
  if (scheduleLagP99Us === null || scheduleLagP99Us <= limitUs) return null;
  const publishers = loadProcesses.filter(({ role }) => role === "publisher");
  const loopDelayUs = Math.max(0, ...publishers.map((publisher) => publisher.eventLoopDelayP99Us));
  if (loopDelayUs <= limitUs) return null;
  return `sends were late by ${milliseconds(scheduleLagP99Us)} ms at p99 (limit ${milliseconds(limitUs)} ms) and the publisher's event loop by ${milliseconds(loopDelayUs)} ms`;
}

function refused({ publisherErrors }: ValidityEvidence): string | null {
  const kinds = Object.entries(publisherErrors).map(([error, count]) => `${count} x ${error}`);
  return kinds.length === 0 ? null : `the target refused batches: ${kinds.join(", ")}`;
}

function notWarm({ warmup }: ValidityEvidence): string | null {
  if (warmup.settled) return null;
  return `warm-up did not settle within ${(warmup.elapsedMs / 1000).toFixed(1)} s`;
}

function unevenRate({ mode, windowRates }: ValidityEvidence): string | null {
  const value = mode === "closed" && enough(windowRates) ? variation(windowRates) : null;
  if (value === null || value <= limits.rateVariation) return null;
  return `the rate varied by ${percent(value)} from second to second (limit ${percent(limits.rateVariation)})`;
}

function driftingRate({ mode, windowRates }: ValidityEvidence): string | null {
  const value = mode === "closed" && enough(windowRates) ? drift(windowRates) : null;
  if (value === null || Math.abs(value) <= limits.rateDrift) return null;
  return `the rate ${value < 0 ? "fell" : "rose"} by ${percent(Math.abs(value))} during the run (limit ${percent(limits.rateDrift)})`;
}

function overloaded({ mode, attainedPerSecond, plannedPerSecond }: ValidityEvidence): string | null {
  if (mode !== "open" || attainedPerSecond === null || plannedPerSecond === null) return null;
  if (attainedPerSecond >= limits.attainedRateShare * plannedPerSecond) return null;
  return `the target took ${attainedPerSecond.toFixed(0)} of ${plannedPerSecond.toFixed(0)} messages a second, so latency grew with the length of the run`;
}

function fellShort({ shortcomings }: ValidityEvidence): string | null {
  return shortcomings.length === 0 ? null : shortcomings.join("; ");
}

function enough(windowRates: readonly number[]): boolean {
  return windowRates.length >= limits.windowsForSteadiness;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function milliseconds(us: number): string {
  return (us / 1000).toFixed(1);
}
