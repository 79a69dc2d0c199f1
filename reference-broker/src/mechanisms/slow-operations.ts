/** Operations that take longer than a limit are told to the log, one line each. */
export class SlowOperations {
  readonly limitMs: number;
  /** Milliseconds from any start. */
  readonly nowMs: () => number;
  readonly #report: (event: string, fields: Record<string, unknown>) => void;

  /** `limitMs` 0: none is told. */
  constructor(
    limitMs: number,
    nowMs: () => number,
    report: (event: string, fields: Record<string, unknown>) => void,
  ) {
    this.limitMs = limitMs === 0 ? Number.POSITIVE_INFINITY : limitMs;
    this.nowMs = nowMs;
    this.#report = report;
  }

  /** To be called only for what took longer than `limitMs`, so that nothing is made for the rest. */
  tell(operation: string, tookMs: number, fields: Readonly<Record<string, unknown>>): void {
    this.#report("slow operation", { operation, tookMs: Math.round(tookMs * 1000) / 1000, ...fields });
  }
}
