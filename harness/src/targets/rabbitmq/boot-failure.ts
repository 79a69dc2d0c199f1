/** Why a RabbitMQ did not start: its log ends with what supervisors say about it, the cause stands before. */
import { readFileSync } from "node:fs";
import { HarnessError } from "../../errors.ts";

const MAX_LINES = 10;

/** Error lines up to `BOOT FAILED`, without time and process; empty when it did not come to that. */
export function bootErrors(log: string): string[] {
  const end = log.indexOf("\nBOOT FAILED");
  if (end === -1) return [];
  const lines = [...log.slice(0, end).matchAll(/^\S+ \S+ \[error\] <[\d.]+> *(.*\S)$/gm)];
  return lines.slice(0, MAX_LINES).map(([, words]) => words!);
}

/** The same error with the cause first where the log has one. */
export function withBootErrors(error: unknown, logFile: string): unknown {
  if (!(error instanceof HarnessError) || error.code !== "TARGET_START_FAILED") return error;
  const cause = bootErrors(readFileSync(logFile, "utf8"));
  if (cause.length === 0) return error;
  const { hint } = error;
  return new HarnessError(error.code, `target rabbitmq did not start: ${cause.join("\n  ")}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
