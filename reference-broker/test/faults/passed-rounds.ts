/** Rounds that passed, a line each, in the file that BROKERMARK_KILL_STATE names: a long series resumes with them. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";

const STATE_FILE = process.env.BROKERMARK_KILL_STATE;

export function passedRounds(): Set<string> {
  if (STATE_FILE === undefined || !existsSync(STATE_FILE)) return new Set();
  return new Set(readFileSync(STATE_FILE, "utf8").split("\n").filter(Boolean));
}

export function notePassed(ids: readonly string[]): void {
  if (STATE_FILE !== undefined) appendFileSync(STATE_FILE, ids.map((id) => `${id}\n`).join(""));
}
