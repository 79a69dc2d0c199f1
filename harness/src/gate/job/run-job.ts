/**
 * A gate job: rounds of freshly started sides, scenario by scenario, until it is decided or its time is over. What a round
 * measured is on disk before the next one begins.
 */
import { HarnessError, invariant } from "../../errors.ts";
import type { SteadyPlan } from "../../scenario/plan.ts";
import type {
  EndLine,
  EvidenceLine,
  GateEvidence,
  JobLine,
  JobScenario,
  RoundLine,
  SideName,
} from "../evidence.ts";
import type { Progress } from "../judgement.ts";
import type { MeasuredRound, RoundInput } from "../rounds/measure-round.ts";
import { SideFailure } from "../rounds/side-failure.ts";
import { blocksFor } from "./pace.ts";
import type { JobSides } from "./rerun-key.ts";
import { scheduleRound } from "./schedule.ts";
import { type StartedRound, startRound, withCauses } from "./start-round.ts";

export interface PlayedScenario extends Pick<JobScenario, "name" | "protocol" | "metrics"> {
  readonly plan: SteadyPlan;
}

export interface GateJobOptions {
  /** Baseline and candidate, and control where one is wanted. */
  readonly sides: JobSides;
  readonly scenarios: readonly PlayedScenario[];
  /** All of the job's line but what only the started sides tell. */
  readonly head: Omit<JobLine, "type" | "sides" | "scenarios">;
  /** Of an interrupted job that is gone on with: what it has so far. */
  readonly resumed: GateEvidence | null;
  readonly maxTimeMs: number;
  /** What a round takes before one has been played. */
  readonly plannedRoundMs: number;
  /** For the sides' data. */
  readonly dataDirectory: string;
}

export interface GateJobDeps {
  readonly signal: AbortSignal;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly now: () => Date;
  readonly machine: () => string;
  readonly measureRound: (scenario: PlayedScenario, input: RoundInput) => Promise<MeasuredRound>;
  readonly progressOf: (evidence: GateEvidence, elapsedMs: number) => Progress;
  /** Writes a line of evidence; the first one is the job's. */
  readonly append: (line: EvidenceLine) => Promise<void>;
  readonly listen: (event: JobEvent) => void;
}

export type JobEvent =
  /** Fewer blocks than asked for, figures that could not be had. */
  | { readonly type: "round-noted"; readonly round: number; readonly notes: readonly string[] }
  | { readonly type: "round-starting"; readonly round: number; readonly scenario: string }
  | {
      readonly type: "round-played";
      readonly evidence: GateEvidence;
      readonly progress: Progress;
      /** Until the time is over. */
      readonly leftMs: number;
    };

/**
 * Throws what a side fails with that never started, USAGE, and our own bugs. A side that fails later, an interruption and
 * the time are ends of the job.
 */
export async function runGateJob(options: GateJobOptions, deps: GateJobDeps): Promise<GateEvidence> {
  return await new Job(options, deps).run();
}

class Job {
  readonly #options: GateJobOptions;
  readonly #deps: GateJobDeps;
  readonly #sideNames: readonly SideName[];
  readonly #beganMs: number;
  readonly #machine: string;
  #job: JobLine | null;
  readonly #rounds: RoundLine[];
  #progress: Progress = { decided: [], stop: null };

  constructor(options: GateJobOptions, deps: GateJobDeps) {
    const { resumed } = options;
    this.#options = options;
    this.#deps = deps;
    this.#sideNames = Object.keys(options.sides) as SideName[];
    this.#beganMs = deps.nowMs() - (resumed === null ? 0 : timeOf(resumed));
    this.#machine = resumed?.end?.machine.began ?? deps.machine();
    this.#job = resumed?.job ?? null;
    this.#rounds = [...(resumed?.rounds ?? [])];
  }

  async run(): Promise<GateEvidence> {
    if (this.#rounds.length > 0)
      this.#progress = this.#deps.progressOf(this.#evidence(null), this.#elapsedMs);
    let failure: SideFailure | null = null;
    let reason: EndLine["reason"];
    try {
      reason = await this.#playAll();
    } catch (error) {
      const interrupted = this.#deps.signal.aborted;
      if (!interrupted && !isEnd(error)) throw error instanceof SideFailure ? named(error) : error;
      // Before both sides have run there is no job that could end.
      if (this.#job === null) throw error instanceof SideFailure ? named(error) : error;
      reason = interrupted ? "interrupted" : "side-failed";
      failure = interrupted || !isEnd(error) ? null : error;
    }
    const end = this.#endLine(reason, failure);
    await this.#deps.append(end);
    return this.#evidence(end);
  }

  async #playAll(): Promise<EndLine["reason"]> {
    for (;;) {
      if (this.#progress.stop !== null) return this.#progress.stop;
      let played = 0;
      for (const scenario of this.#options.scenarios) {
        if (this.#progress.stop !== null || !this.#isDue(scenario.name)) continue;
        await this.#playRound(scenario);
        played++;
      }
      if (played === 0) return "time";
    }
  }

  /** Whether it is undecided and another round can end in time, by the longest of those played so far. */
  #isDue(scenario: string): boolean {
    if (this.#progress.decided.includes(scenario)) return false;
    const own = this.#rounds.filter((round) => round.scenario === scenario);
    const like = own.length > 0 ? own : this.#rounds;
    const takesMs = Math.max(
      ...like.map(({ wallMs }) => wallMs),
      like.length > 0 ? 0 : this.#options.plannedRoundMs,
    );
    return this.#elapsedMs + takesMs <= this.#options.maxTimeMs;
  }

  async #playRound(scenario: PlayedScenario): Promise<void> {
    const { sides, dataDirectory, head } = this.#options;
    const { signal, nowMs, listen, append } = this.#deps;
    const { name, plan } = scenario;
    signal.throwIfAborted();
    const round = this.#rounds.length;
    listen({ type: "round-starting", round, scenario: name });
    const startedAt = this.#deps.now().toISOString();
    const beganMs = nowMs();
    const blocks = blocksFor(this.#sideNames, head.measuring.blocks);
    const schedule = scheduleRound(head.seed, round, name, this.#sideNames, blocks);
    let line: Omit<RoundLine, "wallMs">;
    {
      await using started = await startRound({ sides, schedule, plan, dataDirectory, signal });
      await this.#describe(started);
      const { sliceMs, washoutMs, warmupMs } = head.measuring;
      const slices = { blockOrders: schedule.blockOrders, sliceMs, washoutMs, warmupMs };
      const work = this.#deps.measureRound(scenario, { sides: started.sides, ...slices });
      const measured = await withCauses(started.sides, work);
      if (measured.notes.length > 0) listen({ type: "round-noted", round, notes: measured.notes });
      line = {
        type: "round",
        ...{ round, scenario: name, startedAt },
        candidateSlot: schedule.candidateSlot,
        slots: [...started.slots],
        blocks: measured.blocks,
        sides: withSlots(measured.sides, started),
        longestGapMs: measured.longestGapMs,
      };
    }
    const played: RoundLine = { ...line, wallMs: nowMs() - beganMs };
    await append(played);
    this.#rounds.push(played);
    this.#progress = this.#deps.progressOf(this.#evidence(null), this.#elapsedMs);
    const leftMs = Math.max(0, this.#options.maxTimeMs - this.#elapsedMs);
    listen({ type: "round-played", evidence: this.#evidence(null), progress: this.#progress, leftMs });
  }

  /** The first round's sides say what is compared; those of later rounds must be the same. */
  async #describe(started: StartedRound): Promise<void> {
    const described = Object.fromEntries(
      this.#sideNames.map((name) => [name, started.sides.find(({ side }) => side === name)?.description]),
    );
    if (this.#job !== null) return checkSame(this.#job, started);
    const scenarios = this.#options.scenarios.map((scenario) => ({
      ...scenario,
      plan: { ...scenario.plan },
    }));
    this.#job = { type: "job", ...this.#options.head, sides: described, scenarios };
    await this.#deps.append(this.#job);
  }

  #endLine(reason: EndLine["reason"], failed: SideFailure | null): EndLine {
    return {
      type: "end",
      reason,
      failure: failed === null ? null : { side: failed.side, code: failed.code, message: failed.message },
      wallMs: this.#elapsedMs,
      machine: { began: this.#machine, ended: this.#deps.machine() },
    };
  }

  #evidence(end: EndLine | null): GateEvidence {
    invariant(this.#job !== null, "a round has been started");
    return { job: this.#job, rounds: this.#rounds, end };
  }

  get #elapsedMs(): number {
    return this.#deps.nowMs() - this.#beganMs;
  }
}

/** Options that a side does not take are the caller's mistake, not the side's failure. */
function isEnd(error: unknown): error is SideFailure {
  return error instanceof SideFailure && error.code !== "USAGE";
}

/** Says which side it was. */
function named({ side, code, message, hint, cause }: SideFailure): HarnessError {
  return new HarnessError(code, `${side}: ${message}`, { cause, ...(hint === undefined ? {} : { hint }) });
}

function withSlots(measured: MeasuredRound["sides"], { sides }: StartedRound): RoundLine["sides"] {
  return Object.fromEntries(
    sides.map(({ side, slot, target }) => [side, { ...measured[side]!, slot, startupMs: target.startupMs }]),
  );
}

/** A side that was updated while the job was interrupted is another side. */
function checkSame({ sides }: JobLine, started: StartedRound): void {
  for (const { side, description } of started.sides) {
    const first = sides[side];
    for (const field of ["version", "durability"] as const) {
      if (first?.[field] === description[field]) continue;
      throw new HarnessError(
        "USAGE",
        `${side}: its ${field} was ${first?.[field]} when the job began, and is ${description[field]} now`,
        { hint: "begin a new job" },
      );
    }
  }
}

/** What an interrupted job had used of its time. */
function timeOf({ rounds, end }: GateEvidence): number {
  return end?.wallMs ?? rounds.reduce((sum, { wallMs }) => sum + wallMs, 0);
}
