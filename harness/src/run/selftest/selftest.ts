import type { SessionOutcome } from "../session.ts";
import { SELFTEST_CASES, type SelftestCase } from "./cases.ts";
import { type JudgedCase, judgeCase } from "./judge.ts";

/** A time spoilt by other load on the machine is measured again, so often at most. */
const ATTEMPTS = 3;

/** Runs each case in a session of its own, told by `onCase` as it is judged. Ends early when interrupted. */
export async function selftest(
  runCase: (selftest: SelftestCase) => Promise<SessionOutcome>,
  signal: AbortSignal,
  onCase: (judged: JudgedCase) => void,
): Promise<JudgedCase[]> {
  const all: JudgedCase[] = [];
  for (const each of SELFTEST_CASES) {
    let judged: JudgedCase | null = null;
    for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt += 1) {
      const { results, failures } = await runCase(each);
      if (signal.aborted) return all;
      if (failures[0]) throw failures[0].error;
      judged = judgeCase(each, results[0] ?? null);
      if (judged.verdict !== "inconclusive") break;
    }
    if (judged === null) break;
    all.push(judged);
    onCase(judged);
  }
  return all;
}
