import { HarnessError, invariant } from "../../errors.ts";
import { type Load, loadOf } from "../../load/load-of-plan.ts";
import type { BatchShape, ConsumerReport, Endpoint, ProducerOutcome } from "../../load/protocol.ts";
import type { PlaySlices, SlicesPlayed, SideTrouble } from "../../load/slices.ts";
import { assignmentOf } from "../../run/assignment.ts";
import type { Guard } from "../../run/guard.ts";
import { LoadProcess } from "../../run/load-process.ts";
import type { Plan, SteadyPlan } from "../../scenario/plan.ts";
import type { SideName } from "../evidence.ts";
import { requireGateable } from "./gateable.ts";
import { asSide, SideFailure } from "./side-failure.ts";

/** Building and compressing the template pool takes seconds for large batches. */
const PREPARE_TIMEOUT_MS = 60_000;
/** On top of what the slices are to take: brokers that answer late, a machine that is busy. */
const PLAY_PATIENCE_MS = 60_000;
const READ_PATIENCE_MS = 10_000;

/** Where a side's messages go in a round. */
export interface SideDestination {
  readonly side: SideName;
  readonly endpoint: Endpoint;
  /** Topic, or what the queues' names begin with. */
  readonly name: string;
  readonly runId: number;
  /** Root of the broker's process tree; null where it is no process of ours. */
  readonly pid: number | null;
}

export type SliceSchedule = Omit<PlaySlices, "type" | "round" | "blocks"> & {
  readonly blocks: readonly (readonly SideName[])[];
};

/**
 * The process that sends to all sides of a scenario, and those that read back. They are kept for the whole job: what is built
 * once, compiled code and the pool of batches, is the same for all rounds and all sides.
 */
export class SliceGenerator implements AsyncDisposable {
  readonly plan: SteadyPlan;
  readonly load: Load;
  readonly #slicer: LoadProcess;
  readonly #readers: LoadProcess[] = [];
  #sides: readonly SideDestination[] = [];
  #batch: BatchShape | null = null;
  #round = 0;

  private constructor(plan: SteadyPlan, slicer: LoadProcess) {
    this.plan = plan;
    this.load = loadOf(plan);
    this.#slicer = slicer;
  }

  /** Throws USAGE for a plan that has no slices (gateable.ts), LOAD_PROCESS_DIED when the process cannot be started. */
  static async start(plan: Plan): Promise<SliceGenerator> {
    requireGateable(plan);
    return new SliceGenerator(plan, await LoadProcess.start("slicer"));
  }

  /** Rejects when the sending process fails; then the generator is of no more use. Never resolves. */
  get failed(): Promise<never> {
    return this.#slicer.failed;
  }

  /** Connects the producers of all sides. Throws SideFailure. */
  async prepare(sides: readonly SideDestination[], maxBytes: number, guard: Guard): Promise<BatchShape> {
    this.#sides = sides;
    this.#slicer.send({
      type: "prepareSides",
      round: ++this.#round,
      maxBytes,
      sides: sides.map((side) => ({ pid: side.pid, prepare: this.#assignment(side).publisher(0, 1) })),
    });
    const ready = await guard.wait(
      this.#answer(() => this.#slicer.next("sidesReady")),
      PREPARE_TIMEOUT_MS,
      "connecting the producers",
    );
    if (ready.trouble !== null) throw this.#failureOf(ready.trouble);
    invariant(ready.batch !== null, "producers that are connected have batches");
    this.#batch = ready.batch;
    return ready.batch;
  }

  /** Warm-up and all blocks. Throws SideFailure. */
  async play(schedule: SliceSchedule, guard: Guard): Promise<SlicesPlayed> {
    const numbers = new Map(this.#sides.map(({ side }, index) => [side, index]));
    const blocks = schedule.blocks.map((order) => order.map((side) => numbers.get(side)));
    invariant(
      blocks.every((order) => order.every((side) => side !== undefined)),
      "blocks name sides that are prepared",
    );
    this.#slicer.send({ ...schedule, type: "playSlices", round: this.#round, blocks: blocks as number[][] });
    const slices = blocks.reduce((sum, order) => sum + order.length, 0);
    const sliceMs = schedule.sliceMs + schedule.washoutMs;
    const plannedMs = this.#sides.length * schedule.warmupMs + slices * sliceMs;
    const played = await guard.wait(
      this.#answer(() => this.#slicer.next("slicesPlayed")),
      4 * plannedMs + PLAY_PATIENCE_MS,
      "playing the slices",
    );
    if (played.trouble !== null) throw this.#failureOf(played.trouble);
    return played;
  }

  /** Everything that a side was sent in the round. Throws SideFailure. */
  async readBack(
    index: number,
    published: readonly ProducerOutcome[],
    timeoutMs: number,
    guard: Guard,
  ): Promise<ConsumerReport> {
    const side = this.#sides[index];
    invariant(side !== undefined && this.#batch !== null, "only what was prepared is read back");
    const reader = (this.#readers[index] ??= await LoadProcess.start("consumer"));
    try {
      return await guard.wait(
        asSide(side.side, this.#readAll(reader, side, published, timeoutMs)),
        timeoutMs + READ_PATIENCE_MS,
        `reading everything back from ${side.side}`,
      );
    } catch (error) {
      delete this.#readers[index];
      await reader[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #readAll(
    reader: LoadProcess,
    side: SideDestination,
    published: readonly ProducerOutcome[],
    timeoutMs: number,
  ): Promise<ConsumerReport> {
    reader.send(this.#assignment(side).consumer(0, 1, this.#batch?.records ?? 0));
    await reader.next("ready");
    reader.send({ type: "finish", timeoutMs, published });
    const report = await reader.next("consumed");
    if (!report.timedOut) return report;
    const message = `what was published could not be read back in ${timeoutMs / 1e3} s`;
    throw new HarnessError("TARGET_UNREACHABLE", message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const processes = [this.#slicer, ...this.#readers.filter((reader) => reader !== undefined)];
    await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
  }

  /** Of this round: that of one which was given up may still come. */
  async #answer<Answer extends { readonly round: number }>(next: () => Promise<Answer>): Promise<Answer> {
    const round = this.#round;
    for (;;) {
      const answer = await next();
      if (answer.round === round) return answer;
    }
  }

  #assignment({ endpoint, name, runId }: SideDestination) {
    const { driver, seed } = this.plan;
    return assignmentOf(this.load, driver, { type: "prepare", endpoint, topic: name, seed, runId });
  }

  #failureOf({ side, code, message }: SideTrouble): SideFailure {
    return new SideFailure(this.#sides[side]!.side, new HarnessError(code, message));
  }
}
