/** A broker that can be stopped and started again on the data it has, where it listened before. */
import { HarnessError, invariant } from "../errors.ts";
import type { BrokerProcess } from "./process.ts";

/** `clean`: asked to end (SIGTERM), as an operator stops it. `killed`: its whole process group at once (SIGKILL). */
export type StopKind = "clean" | "killed";

/** What of a target changes when it is started again. */
export type SpawnedBroker = Pick<BrokerProcess, "pid" | "died">;

export interface RestartOptions {
  /** How messages call it. */
  readonly label: string;
  /** The process of the first start. */
  readonly first: BrokerProcess;
  /** Starts it again with the same data and ports. */
  readonly spawn: () => Promise<BrokerProcess>;
  /** Surrounds every end of a process, for what outlives a process group for a moment. */
  readonly ending?: (pid: number, end: () => Promise<void>) => Promise<void>;
}

/** A broker flushes what it holds before it ends; one that takes longer has not stopped cleanly. */
const CLEAN_STOP_MS = 120_000;

/** Owns the process that runs at present: disposing ends it at whatever moment, also between stop and start. */
export class RestartableBroker implements AsyncDisposable {
  readonly #options: RestartOptions;
  #process: BrokerProcess | null;
  #spawning: Promise<unknown> = Promise.resolve();
  #disposed = false;
  #everStopped = false;

  constructor(options: RestartOptions) {
    this.#options = options;
    this.#process = options.first;
  }

  /**
   * Resolves when no process of it is left, to the milliseconds until the one that was started had ended. Throws
   * TARGET_UNREACHABLE when it does not end by itself.
   */
  async stop(kind: StopKind): Promise<number> {
    const { label } = this.#options;
    const running = this.#process;
    invariant(running !== null && !this.#disposed, `${label} is stopped twice`);
    this.#everStopped = true;
    const began = performance.now();
    const ended = running.exited.then(() => performance.now() - began);
    if (kind === "killed") await this.#end(running, () => running.kill());
    else await this.#end(running, () => running.stop(CLEAN_STOP_MS));
    this.#process = null;
    const { signal } = await running.exited;
    if (kind === "clean" && signal === "SIGKILL") {
      const message = `target ${label} did not stop within ${CLEAN_STOP_MS / 1000} s of SIGTERM`;
      throw new HarnessError("TARGET_UNREACHABLE", message);
    }
    return await ended;
  }

  /** Resolves as soon as the process exists: when it serves is for the caller to find out. Throws TARGET_START_FAILED. */
  async start(): Promise<SpawnedBroker> {
    invariant(this.#process === null && !this.#disposed, `${this.#options.label} is started twice`);
    const spawning = this.#options.spawn();
    this.#spawning = spawning.then((spawned) => (this.#process = spawned));
    this.#spawning.catch(() => undefined);
    await this.#spawning;
    return await spawning;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#dispose();
    // It may have been spawned meanwhile.
    await this.#spawning.catch(() => undefined);
    await this.#dispose();
  }

  async #dispose(): Promise<void> {
    const running = this.#process;
    if (running === null) return;
    // One that still stops or starts takes its time over SIGTERM, and has nothing to wind up for anybody.
    await this.#end(running, async () => {
      await (this.#everStopped ? running.kill() : running[Symbol.asyncDispose]());
    });
    // Its number may be another's from now on.
    if (this.#process === running) this.#process = null;
  }

  async #end({ pid }: BrokerProcess, end: () => Promise<void>): Promise<void> {
    const { ending } = this.#options;
    await (ending ? ending(pid, end) : end());
  }
}
