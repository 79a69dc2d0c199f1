import { EXIT } from "./exit-codes.ts";

/** Every operating error of the harness has one of these codes; the code decides the exit code. */
export const HARNESS_ERRORS = {
  USAGE: EXIT.usage,
  SCENARIO_INVALID: EXIT.usage,
  RESULT_INVALID: EXIT.usage,
  TARGET_NOT_INSTALLED: EXIT.targetWouldNotRun,
  TARGET_START_FAILED: EXIT.targetWouldNotRun,
  TARGET_DIED: EXIT.targetWouldNotRun,
  TARGET_UNREACHABLE: EXIT.targetWouldNotRun,
  INSTALL_FAILED: EXIT.targetWouldNotRun,
  LOAD_PROCESS_DIED: EXIT.internal,
  DRIVER_PROTOCOL: EXIT.failed,
  NOTHING_EXECUTED: EXIT.inconclusive,
} as const;

export type HarnessErrorCode = keyof typeof HARNESS_ERRORS;

/** An operating error: something outside went wrong, the message says what and what to do. */
export class HarnessError extends Error {
  readonly code: HarnessErrorCode;
  readonly hint: string | undefined;

  constructor(code: HarnessErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "HarnessError";
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return HARNESS_ERRORS[this.code];
  }
}

/** Throws when a condition of our own making does not hold: a bug of ours, exit code 70. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant violated: ${message}`);
}
