import { ratioToReference } from "../compare/ratio-to-reference.ts";
import type { HarnessErrorCode } from "../errors.ts";
import { type RunDocument, SCHEMA_VERSION } from "../result/schema.ts";
import type { SessionOutcome } from "./session.ts";

/** What `run --json` prints: the runs with their ratios, and what did not run. */
export interface SessionDocument extends RunDocument {
  readonly failures: readonly {
    readonly target: string;
    readonly code: HarnessErrorCode;
    readonly message: string;
  }[];
  readonly reportFile: string | null;
}

/** Ratios need all runs of a repetition, so they are here and not in the result files. Pure. */
export function documentOf(
  { results, failures }: SessionOutcome,
  reportFile: string | null,
): SessionDocument {
  return {
    schemaVersion: SCHEMA_VERSION,
    runs: ratioToReference(results.map(({ summary }) => summary)),
    failures: failures.map(({ target, error }) => ({ target, code: error.code, message: error.message })),
    reportFile,
  };
}
