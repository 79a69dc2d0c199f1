/**
 * Can this machine tell such small differences at all? Asked before a job, in a few seconds: what the machine is, and the job's own
 * slices against two sinks that do nothing, so that what differs between them is noise.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { openDestination } from "../../run/running-plan.ts";
import { Guard } from "../../run/guard.ts";
import { readEnvironment } from "../../result/environment.ts";
import type { SideName } from "../evidence.ts";
import { TARGETS } from "../../targets/catalog.ts";
import type { InconclusiveReason } from "../judgement.ts";
import { blockEffect, clockResolutionUs, deviationOfRounds, MOST_CLOCK_RESOLUTION_US } from "./fitness.ts";
import type { RoundDeps } from "./measure-round.ts";
import type { SideDestination } from "./slice-generator.ts";

const BLOCKS = 15;
const SINK_WARMUP_MS = 300;
/** Slices of sinks need not be longer: they answer within microseconds. */
const MOST_SLICE_MS = 25;
const ABBA: readonly SideName[] = ["baseline", "candidate", "candidate", "baseline"];
const BAAB: readonly SideName[] = ["candidate", "baseline", "baseline", "candidate"];

export interface PreflightFinding {
  readonly name: "clock resolution" | "cores" | "cgroup quota" | "pressure" | "loopback noise";
  /** null: cannot be told here. */
  readonly value: number | null;
  readonly unit: "us" | "cores" | "percent";
  /** In words, where it is more than a number. */
  readonly remark: string | null;
}

export interface Preflight {
  readonly findings: readonly PreflightFinding[];
  /** Why no job should be run here; null: it may be. */
  readonly refusal: { readonly reason: InconclusiveReason; readonly message: string } | null;
}

export interface PreflightInput {
  readonly sliceMs: number;
  readonly washoutMs: number;
  /** Blocks that a round will have. */
  readonly blocks: number;
  /** The smallest limit of a gating metric: with noise above it nothing could be told. */
  readonly limit: number;
}

/** Takes 2 to 4 s. Throws TARGET_START_FAILED when not even a sink starts, LOAD_PROCESS_DIED, or the signal's reason. */
export async function preflight(input: PreflightInput, deps: RoundDeps): Promise<Preflight> {
  const resolutionUs = clockResolutionUs(Array.from({ length: 10_000 }, deps.nowUs));
  const quota = readEnvironment(tmpdir()).cgroup.cpuCores;
  const noise = deviationOfRounds(await sinkEffects(input, deps), input.blocks);
  const findings: PreflightFinding[] = [
    { name: "clock resolution", value: resolutionUs, unit: "us", remark: null },
    coresFinding(availableParallelism()),
    quotaFinding(quota),
    { name: "pressure", value: readPressure(), unit: "percent", remark: null },
    { name: "loopback noise", value: noise === null ? null : noise * 100, unit: "percent", remark: null },
  ];
  return { findings, refusal: refusalOf(resolutionUs, noise, input.limit) };
}

function refusalOf(resolutionUs: number | null, noise: number | null, limit: number): Preflight["refusal"] {
  if (resolutionUs === null || resolutionUs > MOST_CLOCK_RESOLUTION_US) {
    const message = `the clock moves in steps of ${resolutionUs ?? "more than"} us: latencies of slices cannot be told apart`;
    return { reason: "clock", message };
  }
  if (noise === null || noise <= limit) return null;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const message = `two sinks that do nothing differ by ${percent(noise)} from round to round (standard deviation), and ${percent(limit)} is to be told`;
  return { reason: "noise", message };
}

function coresFinding(cores: number): PreflightFinding {
  const remark = cores < 2 ? "generator and broker share one: they take its time from each other" : null;
  return { name: "cores", value: cores, unit: "cores", remark };
}

function quotaFinding(cores: number | null): PreflightFinding {
  const remark =
    cores !== null && cores < 2 ? "slices stand still when the quota of their period is used up" : null;
  return { name: "cgroup quota", value: cores, unit: "cores", remark };
}

/** Share of the last ten seconds in which some task waited for a processor, percent. */
function readPressure(): number | null {
  try {
    const average = /^some avg10=([\d.]+)/.exec(readFileSync("/proc/pressure/cpu", "latin1"));
    return average === null ? null : Number(average[1]);
  } catch {
    return null;
  }
}

async function sinkEffects({ sliceMs, washoutMs }: PreflightInput, deps: RoundDeps): Promise<number[]> {
  const { generator, signal } = deps;
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "brokermark-preflight-"));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const { protocol } = generator.plan;
  const start = { directory, protocol, durability: null, options: {}, signal };
  const destinations: SideDestination[] = [];
  using guard = new Guard(signal, [generator.failed]);
  for (const side of ["baseline", "candidate"] as const) {
    const sink = opened.use(await TARGETS.null.start(start));
    const admin = opened.use(await deps.connectAdmin(protocol, sink.endpoint));
    const runId = deps.newRunId();
    const { plan, load } = generator;
    const destination = opened.use(await openDestination({ plan, load, admin, guard }, runId));
    destinations.push({ side, endpoint: sink.endpoint, name: destination.name, runId, pid: sink.pid });
  }
  await generator.prepare(destinations, Number.MAX_SAFE_INTEGER, guard);
  const blocks = Array.from({ length: BLOCKS }, (_, index) => (index % 2 === 0 ? ABBA : BAAB));
  const minSamples = { p50: 1, p90: 1, p99: 1, p99_9: 1 };
  const lengths = { sliceMs: Math.min(sliceMs, MOST_SLICE_MS), washoutMs, warmupMs: SINK_WARMUP_MS };
  const played = await generator.play({ ...lengths, minSamples, blocks }, guard);
  return played.blocks.map(blockEffect).filter((effect) => effect !== null);
}
