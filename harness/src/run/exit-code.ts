import { EXIT } from "../exit-codes.ts";
import type { SessionOutcome } from "./session.ts";

/**
 * How a session ends, the gravest first: messages lost or spoilt (4); a target or a run that failed (its own
 * code); nothing but invalid runs, or none at all (3). An interruption is the command line's to tell. Pure.
 */
export function exitCodeOfSession({ results, failures }: SessionOutcome): number {
  const verdicts = results.map(({ summary }) => summary.integrity.verdict);
  if (verdicts.includes("invalid")) return EXIT.integrity;
  const failed = failures[0];
  if (failed) return failed.error.exitCode;
  const usable = results.some(
    ({ summary }) => summary.validity.verdict === "valid" && summary.integrity.verdict === "valid",
  );
  return usable ? EXIT.done : EXIT.inconclusive;
}
