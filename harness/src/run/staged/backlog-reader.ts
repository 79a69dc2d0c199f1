/** The process that reads a backlog back: prepared, told to begin, and asked for what it found. */
import type { ConsumerReport, PrepareLoad, ProducerOutcome, Ready } from "../../load/protocol.ts";
import type { Guard } from "../guard.ts";
import { LoadProcess } from "../load-process.ts";

/** For what should be immediate once the broker has answered. */
const ANSWER_TIMEOUT_MS = 30_000;

export class BacklogReader implements AsyncDisposable {
  readonly #process: LoadProcess;
  #onDelivery: () => void = () => undefined;
  readonly #delivered: Promise<void>;

  private constructor(process: LoadProcess) {
    this.#process = process;
    this.#delivered = new Promise((resolve) => (this.#onDelivery = resolve));
    process.onProgress(({ delivered }) => {
      if (delivered > 0) this.#onDelivery();
    });
  }

  static async start(): Promise<BacklogReader> {
    return new BacklogReader(await LoadProcess.start("consumer"));
  }

  get pid(): number {
    return this.#process.pid;
  }

  get failed(): Promise<never> {
    return this.#process.failed;
  }

  /** Answered when it is connected; with `attach`, when it has begun to read. */
  prepare(load: PrepareLoad): Promise<Ready> {
    const ready = this.#process.next("ready");
    ready.catch(() => undefined);
    this.#process.send(load);
    return ready;
  }

  begin(nowUs: number, timeoutMs: number): void {
    const maxBytes = Number.MAX_SAFE_INTEGER;
    this.#process.send({ type: "start", startAtUs: nowUs, durationMs: timeoutMs, maxBytes });
  }

  /** Resolves within a quarter of a second of the first delivery. */
  delivered(): Promise<void> {
    return this.#delivered;
  }

  /** Resolves when messages that are published beside the backlog no longer wait behind it. */
  async caughtUp(): Promise<number> {
    return (await this.#process.next("caughtUp")).atUs;
  }

  /**
   * Reads on until all of it is there, or can no longer come. A broker may take its time before the first message, and
   * silence then means nothing; so that is waited for first.
   */
  async finish(
    published: readonly ProducerOutcome[],
    timeoutMs: number,
    guard: Guard,
  ): Promise<ConsumerReport> {
    const patience = AbortSignal.timeout(timeoutMs);
    const late = new Promise<void>((resolve) => patience.addEventListener("abort", () => resolve()));
    await guard.wait(
      Promise.race([this.#delivered, late]),
      timeoutMs + ANSWER_TIMEOUT_MS,
      "the first delivery",
    );
    this.#process.send({ type: "finish", timeoutMs, published });
    const report = this.#process.next("consumed");
    return await guard.wait(report, timeoutMs + ANSWER_TIMEOUT_MS, "reading everything back");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
