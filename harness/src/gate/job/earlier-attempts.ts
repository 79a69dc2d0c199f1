/** Evidence of earlier attempts at the same question, so that running again until it passes gains nothing. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { HarnessError } from "../../errors.ts";
import type { GateEvidence } from "../evidence.ts";
import { readEvidence } from "../evidence-file.ts";

export const EVIDENCE_SUFFIX = ".gate.jsonl";

/**
 * Earlier attempts in the order they were made. A directory is looked through for evidence files, of which those with another key, and those
 * that do not read, are left out; a file that is named must have the key. Throws USAGE and RESULT_INVALID.
 * @param ownDirectory where this job's own evidence goes; null: what is there does not count
 */
export async function findEarlierAttempts(
  key: string,
  ownDirectory: string | null,
  named: readonly string[],
): Promise<GateEvidence[]> {
  const found = new Map<string, GateEvidence>();
  const add = (evidence: GateEvidence): void => {
    if (evidence.job.rerunKey === key && evidence.rounds.length > 0) found.set(evidence.job.seed, evidence);
  };
  for (const evidence of ownDirectory === null ? [] : await inDirectory(ownDirectory)) add(evidence);
  for (const path of named) {
    const isDirectory = await stat(path)
      .then((stats) => stats.isDirectory())
      .catch(() => {
        throw new HarnessError("USAGE", `--pool ${path}: there is no such file or directory`);
      });
    if (isDirectory) {
      for (const evidence of await inDirectory(path)) add(evidence);
      continue;
    }
    const { evidence } = await readEvidence(path);
    if (evidence.job.rerunKey !== key) {
      throw new HarnessError("USAGE", `--pool ${path}: it is evidence on another question`, {
        hint: "only jobs with the same sides, scenarios and rules are pooled",
      });
    }
    add(evidence);
  }
  return [...found.values()].sort((a, b) => (a.job.createdAt < b.job.createdAt ? -1 : 1));
}

async function inDirectory(directory: string): Promise<GateEvidence[]> {
  const names = await readdir(directory).catch(() => []);
  const files = names.filter((name) => name.endsWith(EVIDENCE_SUFFIX)).sort();
  const read = await Promise.all(files.map((name) => readEvidence(join(directory, name)).catch(() => null)));
  return read.filter((each) => each !== null).map(({ evidence }) => evidence);
}
