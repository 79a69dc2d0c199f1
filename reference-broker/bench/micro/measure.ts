/** One benchmark, warmed up and then sampled; each sample is as many runs as fill its time. */
import type { Benchmark, Subject } from "./benchmark.ts";

export interface Sampling {
  readonly samples: number;
  /** Timed work of one sample at least. */
  readonly sampleMs: number;
  readonly warmupMs: number;
}

export interface Measurement {
  readonly name: string;
  readonly operation: string;
  readonly bytesPerOperation: number | null;
  /** One per sample, in the order they were taken. */
  readonly nsPerOperation: readonly number[];
  readonly operations: number;
  readonly checksum: number;
  readonly figures: Readonly<Record<string, number>>;
}

export async function measure(
  benchmark: Benchmark,
  sampling: Sampling,
  nowMs: () => number,
): Promise<Measurement> {
  const subject = await benchmark.prepare();
  try {
    const runner = new Runner(subject, nowMs);
    await runner.fill(sampling.warmupMs);
    const nsPerOperation: number[] = [];
    for (let sample = 0; sample < sampling.samples; sample++) {
      nsPerOperation.push(await runner.fill(sampling.sampleMs));
    }
    const { name, operation, bytesPerOperation = null } = benchmark;
    return {
      ...{ name, operation, bytesPerOperation, nsPerOperation },
      ...{ operations: runner.operations, checksum: runner.checksum, figures: subject.figures?.() ?? {} },
    };
  } finally {
    await subject.close?.();
  }
}

class Runner {
  operations = 0;
  checksum = 0;
  readonly #subject: Subject;
  readonly #nowMs: () => number;

  constructor(subject: Subject, nowMs: () => number) {
    this.#subject = subject;
    this.#nowMs = nowMs;
  }

  /** Runs until `durationMs` were timed; nanoseconds per operation. */
  async fill(durationMs: number): Promise<number> {
    const subject = this.#subject;
    let timedMs = 0;
    let operations = 0;
    while (timedMs < durationMs) {
      await subject.before?.();
      const startedMs = this.#nowMs();
      const result = subject.run();
      const outcome = typeof result === "number" ? result : await result;
      timedMs += this.#nowMs() - startedMs;
      operations += subject.operations;
      this.checksum = (Math.imul(this.checksum, 31) + outcome) | 0;
    }
    this.operations += operations;
    return (timedMs * 1e6) / operations;
  }
}
