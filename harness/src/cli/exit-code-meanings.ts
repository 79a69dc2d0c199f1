import { EXIT } from "../exit-codes.ts";

export type ExitName = keyof typeof EXIT;

/** What `--help` says of each exit code. */
export const EXIT_CODE_MEANINGS: Readonly<Record<ExitName, string>> = {
  done: "done",
  failed: "an expectation, case or regression failed",
  usage: "usage: an option, a scenario or a result file is wrong",
  inconclusive: "inconclusive or invalid, or nothing was executed",
  integrity: "integrity: messages were lost, duplicated, reordered or corrupted",
  targetWouldNotRun: "a target is not installed, did not start or died",
  internal: "a bug in brokermark",
  interrupted: "interrupted (SIGINT)",
  terminated: "terminated (SIGTERM)",
};

/** Rows for help, in the order of the codes. */
export function exitCodeRows(names: readonly ExitName[]): [code: string, meaning: string][] {
  return [...names]
    .sort((a, b) => EXIT[a] - EXIT[b])
    .map((name) => [String(EXIT[name]), EXIT_CODE_MEANINGS[name]]);
}
