/** Publishers beside a backlog, with producer numbers after those that grew it. */
import type { Load } from "../../load/load-of-plan.ts";
import type { LiveProducers, PublisherReport } from "../../load/protocol.ts";
import { invariant } from "../../errors.ts";
import { assignmentOf } from "../assignment.ts";
import { Guard } from "../guard.ts";
import { LoadGroup } from "../load-group.ts";
import type { Backlog } from "./backlog.ts";
import type { Staged } from "./staged-run.ts";

/** Building the template pool takes seconds for large batches. */
const PREPARE_TIMEOUT_MS = 60_000;

export class LivePublishers implements AsyncDisposable {
  readonly producers: LiveProducers;
  readonly #group: LoadGroup;
  #reports: Promise<PublisherReport[]> | null = null;

  private constructor(group: LoadGroup, producers: LiveProducers) {
    this.#group = group;
    this.producers = producers;
  }

  /** Throws what `runPlan` throws. */
  static async connect(
    { plan, target, deps }: Staged<"backlog-drain">,
    { name, runId, load: grown }: Backlog,
    load: Load,
  ): Promise<LivePublishers> {
    const { publishers } = deps.loadProcesses;
    await using stack = new AsyncDisposableStack();
    const group = stack.use(await LoadGroup.start(load, { publishers, consumers: 0 }));
    using guard = new Guard(deps.signal, [target.died, group.failed]);
    const { endpoint } = target;
    const base = { type: "prepare", endpoint, topic: name, seed: plan.seed, runId } as const;
    const assignment = assignmentOf(load, plan.driver, base);
    const after = (producer: number) => producer + grown.parameters.producers;
    const producers: number[] = [];
    for (const [index, process] of group.publishers.entries()) {
      const own = assignment.publisher(index, group.publishers.length);
      producers.push(...own.producers.map(after));
      process.send({ ...own, producers: own.producers.map(after) });
    }
    const ready = Promise.all(group.publishers.map((process) => process.next("ready")));
    const [first] = await guard.wait(ready, PREPARE_TIMEOUT_MS, "connecting the live publishers");
    invariant(first?.batch, "a publisher tells the shape of its batches");
    stack.move();
    return new LivePublishers(group, { producers, recordsPerBatch: first.batch.records });
  }

  get pids(): readonly number[] {
    return this.#group.publishers.map(({ pid }) => pid);
  }

  get failed(): Promise<never> {
    return this.#group.failed;
  }

  /** Begins within a moment, and goes on until `stop` or the time is over. */
  publish(durationMs: number, nowUs: number): void {
    const limits = { durationMs, maxBytes: Number.MAX_SAFE_INTEGER, readAlong: false };
    this.#reports = this.#group.publish(limits, nowUs).reports;
  }

  /** Resolves when every message is answered or given up. */
  reports(): Promise<PublisherReport[]> {
    invariant(this.#reports !== null, "nothing was published live");
    return this.#reports;
  }

  stop(): void {
    this.#group.stopPublishing();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group[Symbol.asyncDispose]();
  }
}
