/** Rounds that passed, a line each, in a file that an environment variable names: a long series resumes with them. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";

export const KILL_STATE_FILE = process.env.BROKERMARK_KILL_STATE;

export function passedRounds(stateFile: string | undefined): Set<string> {
  if (stateFile === undefined || !existsSync(stateFile)) return new Set();
  return new Set(readFileSync(stateFile, "utf8").split("\n").filter(Boolean));
}

export function notePassed(stateFile: string | undefined, ids: readonly string[]): void {
  if (stateFile !== undefined) appendFileSync(stateFile, ids.map((id) => `${id}\n`).join(""));
}
