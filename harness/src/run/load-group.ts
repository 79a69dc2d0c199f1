/** The load processes of one run: publishers share the producers, consumers share what is read. */
import { invariant } from "../errors.ts";
import type {
  BatchShape,
  ConsumerReport,
  Endpoint,
  LastSent,
  ProducerOutcome,
  PublisherReport,
} from "../load/protocol.ts";
import type { Load } from "../load/load-of-plan.ts";
import type { DriverName } from "../scenario/plan.ts";
import { type Assignment, assignmentOf, readables } from "./assignment.ts";
import type { Guard } from "./guard.ts";
import { LoadProcess } from "./load-process.ts";

/** Building and compressing the template pool takes seconds for large batches. */
const PREPARE_TIMEOUT_MS = 60_000;
/** For what should be immediate once the broker has answered. */
const ANSWER_TIMEOUT_MS = 30_000;
/** From the start message to the first send, so that all processes begin together. */
const START_DELAY_US = 50_000;

export interface LoadProcessCounts {
  readonly publishers: number;
  readonly consumers: number;
}

/** What the processes are to play. */
export interface PreparedLoad {
  readonly load: Load;
  readonly plan: { readonly driver: DriverName; readonly seed: number };
}

export interface PublishLimits {
  readonly durationMs: number;
  /** Encoded bytes over all producers. */
  readonly maxBytes: number;
  /** Open loop: consumers read along, for response time is told by them. Closed loop: they read back later. */
  readonly readAlong: boolean;
}

/** One publishing in progress. */
export interface Publishing {
  /** When the load begins, on the clock of all its times. */
  readonly startAtUs: number;
  /** All publishers have sent their last batch. */
  readonly lastSent: Promise<LastSent[]>;
  /** All publishers have reported. */
  readonly reports: Promise<PublisherReport[]>;
}

/** Messages that the target took so far at the present destination. */
export interface PublishedSoFar {
  readonly atUs: number;
  readonly messages: number;
}

type PublishedListener = (progress: PublishedSoFar) => void;

export class LoadGroup implements AsyncDisposable {
  readonly publishers: readonly LoadProcess[];
  /** Rejects with the first failure of any process. Never resolves. */
  readonly failed: Promise<never>;
  readonly #consumers: readonly LoadProcess[];
  /** Of each publisher, at the present destination. */
  readonly #counts: number[];
  readonly #listeners = new Set<PublishedListener>();

  private constructor(publishers: readonly LoadProcess[], consumers: readonly LoadProcess[]) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.failed = promise;
    this.publishers = publishers;
    this.#consumers = consumers;
    this.#counts = publishers.map(() => 0);
    for (const [index, publisher] of publishers.entries()) this.#follow(publisher, index);
    for (const process of this.processes) process.failed.catch(reject);
  }

  static async start(load: Load, counts: LoadProcessCounts): Promise<LoadGroup> {
    const publishers = await startProcesses(
      "publisher",
      Math.min(counts.publishers, load.parameters.producers),
    );
    await using started = new AsyncDisposableStack();
    for (const process of publishers) started.use(process);
    const consumers = await startProcesses("consumer", Math.min(counts.consumers, readables(load)));
    started.move();
    return new LoadGroup(publishers, consumers);
  }

  get processes(): readonly LoadProcess[] {
    return [...this.publishers, ...this.#consumers];
  }

  /** Tells each new sum of the publishers' counts until the returned function is called. */
  onPublished(listener: PublishedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #follow(publisher: LoadProcess, index: number): void {
    publisher.onProgress(({ atUs, confirmed }) => {
      this.#counts[index] = confirmed;
      const messages = this.#counts.reduce((sum, count) => sum + count, 0);
      for (const listener of this.#listeners) listener({ atUs, messages });
    });
  }

  /** Connects everyone to the destination of that name. Returns the shape of a full batch. */
  async prepare(
    { load, plan: { driver, seed } }: PreparedLoad,
    endpoint: Endpoint,
    topic: string,
    runId: number,
    guard: Guard,
  ): Promise<BatchShape> {
    this.#counts.fill(0);
    const assignment = assignmentOf(load, driver, { type: "prepare", endpoint, topic, seed, runId });
    const publishers = this.publishers.length;
    // Consumers of a queue come first, so that none misses a message by not being there yet.
    if (assignment.consumersFirst) await this.#prepareConsumers(assignment, 0, guard);
    this.publishers.forEach((process, index) => {
      process.send(assignment.publisher(index, publishers));
    });
    const shapes = await guard.wait(
      allReady(this.publishers),
      PREPARE_TIMEOUT_MS,
      "connecting the publishers",
    );
    const shape = shapes.map(({ batch }) => batch).find((batch) => batch !== null);
    invariant(shape, "a publisher tells the shape of its batches");
    if (!assignment.consumersFirst) await this.#prepareConsumers(assignment, shape.records, guard);
    return shape;
  }

  async #prepareConsumers(assignment: Assignment, recordsPerBatch: number, guard: Guard): Promise<void> {
    const count = this.#consumers.length;
    this.#consumers.forEach((process, index) => {
      process.send(assignment.consumer(index, count, recordsPerBatch));
    });
    await guard.wait(allReady(this.#consumers), PREPARE_TIMEOUT_MS, "connecting the consumers");
  }

  publish(limits: PublishLimits, nowUs: number): Publishing {
    const startAtUs = nowUs + START_DELAY_US;
    const maxBytes = Math.ceil(limits.maxBytes / this.publishers.length);
    const start = { type: "start", startAtUs, durationMs: limits.durationMs, maxBytes } as const;
    for (const process of limits.readAlong ? this.processes : this.publishers) process.send(start);
    const lastSent = Promise.all(this.publishers.map((process) => process.next("lastSent")));
    const reports = Promise.all(this.publishers.map((process) => process.next("published")));
    for (const promise of [lastSent, reports]) promise.catch(() => undefined);
    return { startAtUs, lastSent, reports };
  }

  /** Consumers put into no window both what came before and what comes after now. */
  mark(): void {
    for (const process of this.#consumers) process.send({ type: "mark" });
  }

  stopPublishing(): void {
    for (const process of this.publishers) process.send({ type: "stop" });
  }

  /** Reads back until everything published arrived or the time is over. */
  async readBack(
    published: readonly ProducerOutcome[],
    options: { readonly timeoutMs: number; readonly startAtUs: number | null; readonly guard: Guard },
  ): Promise<ConsumerReport[]> {
    const { timeoutMs, startAtUs, guard } = options;
    for (const process of this.#consumers) {
      if (startAtUs !== null) {
        process.send({ type: "start", startAtUs, durationMs: timeoutMs, maxBytes: Number.MAX_SAFE_INTEGER });
      }
    }
    // Who reads what knows which of these it is to have seen.
    for (const process of this.#consumers) process.send({ type: "finish", timeoutMs, published });
    const reports = Promise.all(this.#consumers.map((process) => process.next("consumed")));
    return guard.wait(reports, timeoutMs + ANSWER_TIMEOUT_MS, "reading everything back");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeAll(this.processes);
  }
}

async function startProcesses(role: LoadProcess["role"], count: number): Promise<LoadProcess[]> {
  await using started = new AsyncDisposableStack();
  const processes: LoadProcess[] = [];
  while (processes.length < count) processes.push(started.use(await LoadProcess.start(role)));
  started.move();
  return processes;
}

function allReady(processes: readonly LoadProcess[]) {
  return Promise.all(processes.map((process) => process.next("ready")));
}

async function disposeAll(processes: readonly LoadProcess[]): Promise<void> {
  await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
}
