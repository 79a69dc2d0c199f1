/** What a suite consists of. */
import type { Claim } from "./claims.ts";

/** One thing to measure. */
export interface Benchmark {
  readonly name: string;
  /** What is counted, in the singular, such as "insert". */
  readonly operation: string;
  /** What one operation handles; absent where bytes say nothing. */
  readonly bytesPerOperation?: number;
  /** What the seeds said of the same. */
  readonly claim?: Claim;
  prepare(): Subject | Promise<Subject>;
}

/** Benchmarks of one part of the broker. Each runs in a process of its own. */
export interface Suite {
  readonly benchmarks: readonly Benchmark[];
}

export interface Subject {
  /** Of one run. */
  readonly operations: number;
  /** Before each run; not timed. */
  before?(): void | Promise<void>;
  /** Does all operations. Returns a number that depends on each, so that none can be optimised away. */
  run(): number | Promise<number>;
  /** Further figures, over everything that ran. */
  figures?(): Readonly<Record<string, number>>;
  close?(): void | Promise<void>;
}
