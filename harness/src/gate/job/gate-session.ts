/** The edge of a gate job: real brokers, clock and files. */
import { randomBytes, randomInt } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HarnessError } from "../../errors.ts";
import { nowUs } from "../../measure/clock.ts";
import { readEnvironment } from "../../result/environment.ts";
import { connectAdmin } from "../../run/destination.ts";
import { GATE_SCHEMA_VERSION, type GateEvidence, type JobLine, type JudgingRules } from "../evidence.ts";
import { EvidenceWriter } from "../evidence-file.ts";
import { poolAttempts } from "../judge/pool.ts";
import { progressOf } from "../judge/progress.ts";
import { GATE_METRICS } from "../metrics.ts";
import { measureRound, type RoundDeps } from "../rounds/measure-round.ts";
import { type Preflight, preflight } from "../rounds/preflight.ts";
import { SliceGenerator } from "../rounds/slice-generator.ts";
import { prepareSides, type Side } from "../sides/prepare-sides.ts";
import { parseSide, type SideSpec } from "../sides/side-spec.ts";
import { EVIDENCE_SUFFIX, findEarlierAttempts } from "./earlier-attempts.ts";
import { chooseScenarios, type ScenarioRequest } from "./gated-scenarios.ts";
import { readMachine } from "./machine.ts";
import { type Measuring, paceFor, plannedRoundMs } from "./pace.ts";
import { rerunKey } from "./rerun-key.ts";
import { type GateJobOptions, type JobEvent, type PlayedScenario, runGateJob } from "./run-job.ts";

export interface GateRequest extends ScenarioRequest {
  /** As written on the command line. */
  readonly baseline: string;
  readonly candidate: string;
  /** The baseline once more, as a third side. */
  readonly control: boolean;
  readonly rules: JudgingRules;
  /** null: by how long the sides take to start. */
  readonly maxTimeMs: number | null;
  /** Instead of what the sides' pace says. */
  readonly measuring: Partial<Omit<Measuring, "maxTimeMs">>;
  /** 128 bits in hexadecimal; null: random. */
  readonly seed: string | null;
  /** Of evidence files. */
  readonly out: string;
  /** Files and directories with evidence of earlier attempts, besides those in `out`. */
  readonly pool: readonly string[];
  /** Ask first whether the machine can tell such differences at all. */
  readonly preflight: boolean;
  readonly command: string;
}

export interface GateSessionDeps {
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly listen: (event: JobEvent) => void;
  /** Preparation, line by line. */
  readonly onProgress: (line: string) => void;
  readonly onPreflight: (preflight: Preflight) => void;
}

export interface GateOutcome {
  /** Of all attempts. */
  readonly evidence: GateEvidence;
  /** This attempt's. */
  readonly file: string;
  /** Whose evidence is in it too. */
  readonly earlier: readonly GateEvidence[];
}

/** Throws whatever keeps the first round from being played; later failures are ends of the job. */
export async function startGate(request: GateRequest, deps: GateSessionDeps): Promise<GateOutcome> {
  const [baseline, candidate] = await prepare(
    [parseSide(request.baseline), parseSide(request.candidate)],
    deps,
  );
  const sides = jobSides(baseline, candidate, request.control);
  const { scenarios, notes } = await chooseScenarios(request, [baseline, candidate]);
  notes.forEach(deps.onProgress);
  const pace = paceFor([baseline.warmup, candidate.warmup]);
  const { startMs, timePerScenarioMs, ...usual } = pace;
  const maxTimeMs = request.maxTimeMs ?? timePerScenarioMs * scenarios.length;
  const measuring: Measuring = { ...usual, ...request.measuring, maxTimeMs };
  const planned = plannedRoundMs(measuring, Object.keys(sides).length, startMs);
  if (planned > maxTimeMs) throw noTime(planned, maxTimeMs);
  const key = rerunKey(sides, scenarios, request.rules);
  const own = areIdentified(sides) ? request.out : null;
  const earlier = await findEarlierAttempts(key, own, request.pool);
  const attempt = Math.max(earlier.length + 1, Number(deps.env.GITHUB_RUN_ATTEMPT ?? 1) || 1);
  attemptNotes(attempt, earlier.length).forEach(deps.onProgress);
  const head = {
    schemaVersion: GATE_SCHEMA_VERSION,
    seed: request.seed ?? randomBytes(16).toString("hex"),
    createdAt: new Date().toISOString(),
    command: request.command,
    environment: { ...readEnvironment(tmpdir()), machine: readMachine() },
    rules: request.rules,
    measuring,
    rerunKey: key,
    attempt,
  } as const;
  const file = join(request.out, fileName(head));
  const writer = new LazyWriter(file);
  const options = { sides, scenarios, head, resumed: null, maxTimeMs, plannedRoundMs: planned };
  return await play({ ...options, earlier, writer, preflight: request.preflight }, deps);
}

/**
 * Goes on with an interrupted job, by its own seed from its next round.
 * @param maxTimeMs of the whole job; null: as it began
 * Throws USAGE when sides, scenarios or machine are others than when it began; RESULT_INVALID.
 */
export async function resumeGate(
  file: string,
  maxTimeMs: number | null,
  pool: readonly string[],
  deps: GateSessionDeps,
): Promise<GateOutcome> {
  const { evidence, writer, notes } = await EvidenceWriter.resume(file);
  await using resources = new AsyncDisposableStack();
  resources.defer(() => writer.close());
  notes.forEach(deps.onProgress);
  const { type: _, sides: described, scenarios: recorded, ...head } = evidence.job;
  const [baseline, candidate] = await prepare(
    [sideAgain(described.baseline), sideAgain(described.candidate)],
    deps,
  );
  const sides = jobSides(baseline, candidate, described.control !== undefined);
  // Written by this program from plans like these.
  const scenarios = recorded as unknown as readonly PlayedScenario[];
  const key = rerunKey(sides, scenarios, head.rules);
  if (key !== head.rerunKey) throw notTheSame(file, "its sides are not what they were when it began");
  if (head.environment.machine !== readMachine())
    throw notTheSame(file, "it began on another machine, or before a restart");
  const others = await findEarlierAttempts(key, areIdentified(sides) ? dirname(file) : null, pool);
  const earlier = others.filter(({ job }) => job.createdAt < head.createdAt);
  const limit = maxTimeMs ?? head.measuring.maxTimeMs;
  const options = { sides, scenarios, head, resumed: evidence, maxTimeMs: limit, plannedRoundMs: 0 };
  return await play({ ...options, earlier, writer, preflight: false }, deps);
}

interface Played extends Omit<GateJobOptions, "dataDirectory"> {
  readonly earlier: readonly GateEvidence[];
  readonly writer: Pick<EvidenceWriter, "append" | "path"> & { close(): Promise<void> };
  readonly preflight: boolean;
}

async function play({ earlier, writer, ...options }: Played, deps: GateSessionDeps): Promise<GateOutcome> {
  await using resources = new AsyncDisposableStack();
  resources.defer(() => writer.close());
  const generators = new Map<string, SliceGenerator>();
  const roundDeps = async ({ name, plan }: PlayedScenario): Promise<RoundDeps> => {
    const generator = generators.get(name) ?? resources.use(await SliceGenerator.start(plan));
    generators.set(name, generator);
    const newRunId = () => randomInt(2 ** 32);
    return { generator, connectAdmin, newRunId, nowUs, signal: deps.signal };
  };
  if (options.preflight) await checkMachine(options, await roundDeps(options.scenarios[0]!), deps);
  const pooled = (evidence: GateEvidence) => poolAttempts([...earlier, evidence]);
  const evidence = await runGateJob(
    { ...options, dataDirectory: tmpdir() },
    {
      signal: deps.signal,
      nowMs: () => performance.now(),
      now: () => new Date(),
      machine: readMachine,
      measureRound: async (scenario, input) => await measureRound(input, await roundDeps(scenario)),
      progressOf: (own, elapsedMs) => progressOf(pooled(own), elapsedMs),
      append: (line) => writer.append(line),
      listen: deps.listen,
    },
  );
  return { evidence: pooled(evidence), file: writer.path, earlier };
}

/** Throws NOTHING_EXECUTED where no job could tell anything. */
async function checkMachine(
  { head, scenarios }: Pick<GateJobOptions, "head" | "scenarios">,
  roundDeps: RoundDeps,
  { onPreflight }: GateSessionDeps,
): Promise<void> {
  const { sliceMs, washoutMs, blocks } = head.measuring;
  const limits = scenarios
    .flatMap(({ metrics }) => metrics)
    .filter((metric) => GATE_METRICS[metric].role === "gating")
    .map((metric) => head.rules.limits[metric] ?? GATE_METRICS[metric].limit ?? Infinity);
  const found = await preflight({ sliceMs, washoutMs, blocks, limit: Math.min(...limits) }, roundDeps);
  onPreflight(found);
  if (found.refusal === null) return;
  throw new HarnessError(
    "NOTHING_EXECUTED",
    `inconclusive (${found.refusal.reason}): ${found.refusal.message}`,
    {
      hint: "use a quieter machine; --no-preflight tries all the same",
    },
  );
}

async function prepare(
  specs: readonly [SideSpec, SideSpec],
  { signal, env, onProgress }: GateSessionDeps,
): Promise<[Side, Side]> {
  const [baseline, candidate] = await prepareSides(specs, {
    directory: process.cwd(),
    env,
    signal,
    onProgress,
  });
  return [baseline!, candidate!];
}

function jobSides(baseline: Side, candidate: Side, control: boolean): GateJobOptions["sides"] {
  return { baseline, candidate, ...(control ? { control: baseline } : {}) };
}

/** What a command or an address stands for may be another build each time: only evidence that is named counts with theirs. */
function areIdentified(sides: GateJobOptions["sides"]): boolean {
  return Object.values(sides).every(({ kind }) => kind !== "command" && kind !== "external");
}

/** By its commit: the revision's name may mean another one by now. */
function sideAgain(described: JobLine["sides"]["baseline"]): SideSpec {
  if (described === undefined)
    throw new HarnessError("RESULT_INVALID", "the job names no baseline or no candidate");
  const { spec, commit } = described;
  return commit === null ? parseSide(spec) : { kind: "git", text: spec, revision: commit };
}

function attemptNotes(attempt: number, earlier: number): string[] {
  const missing = attempt - 1 - earlier;
  return [
    ...(earlier > 0
      ? [`evidence of ${earlier} earlier ${earlier === 1 ? "attempt" : "attempts"} counts too`]
      : []),
    ...(missing > 0
      ? [
          `attempt ${attempt} of this workflow run: evidence of ${missing} before it is missing; keep it as an artifact and give it with --pool`,
        ]
      : []),
  ];
}

/** Made with its first line: a job that never began leaves no file. */
class LazyWriter {
  readonly path: string;
  #writer: EvidenceWriter | null = null;

  constructor(path: string) {
    this.path = path;
  }

  async append(line: Parameters<EvidenceWriter["append"]>[0]): Promise<void> {
    if (this.#writer !== null) return await this.#writer.append(line);
    if (line.type !== "job") throw new Error("invariant violated: evidence begins with its job");
    await mkdir(dirname(this.path), { recursive: true });
    this.#writer = await EvidenceWriter.create(this.path, line);
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }
}

/** `20261121T105500123Z-1a2b3c4d-1.gate.jsonl`: sorts by time, and reruns show. */
function fileName({
  createdAt,
  rerunKey: key,
  attempt,
}: Pick<JobLine, "createdAt" | "rerunKey" | "attempt">): string {
  return `${createdAt.replaceAll(/[-:.]/g, "")}-${key.slice(0, 8)}-${attempt}${EVIDENCE_SUFFIX}`;
}

function noTime(plannedMs: number, maxTimeMs: number): HarnessError {
  const seconds = (ms: number): number => Math.ceil(ms / 1000);
  return new HarnessError(
    "USAGE",
    `--max-time ${seconds(maxTimeMs)}s is less than one round takes, about ${seconds(plannedMs)} s`,
    { hint: "a verdict takes 6 rounds at least" },
  );
}

function notTheSame(file: string, why: string): HarnessError {
  return new HarnessError("USAGE", `${file} cannot be gone on with: ${why}`, {
    hint: "begin a new job; --pool counts this evidence where the question is the same",
  });
}
