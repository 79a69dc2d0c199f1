import { invariant } from "../../errors.ts";
import type { EndLine, GateEvidence } from "../evidence.ts";
import type { Judgement } from "../judgement.ts";
import { judge } from "./judge.ts";

/** Looks that each further attempt adds, evenly over as many rounds as the first may play. */
const LOOKS_PER_RERUN = 6;

/**
 * Attempts at the same job as one: rounds in the order played, the last attempt's rules with looks for as many more rounds,
 * among which the same alpha is split. So running it again until it fails, or until it passes, gains nothing.
 * `end` is the last attempt's; a machine that changed within any attempt shows.
 */
export function poolAttempts(attempts: readonly GateEvidence[]): GateEvidence {
  const last = attempts.at(-1);
  invariant(last !== undefined, "no attempts to pool");
  invariant(
    attempts.every(({ job }) => job.rerunKey === last.job.rerunKey),
    "attempts at different jobs",
  );
  if (attempts.length === 1) return last;
  return {
    job: { ...last.job, rules: { ...last.job.rules, looks: looksOf(last.job.rules.looks, attempts.length) } },
    rounds: attempts.flatMap(({ rounds }) => rounds).map((line, round) => ({ ...line, round })),
    end: last.end === null ? null : pooledEnd(last.end, attempts),
  };
}

export function judgePooled(attempts: readonly GateEvidence[]): Judgement {
  return judge(poolAttempts(attempts));
}

function looksOf(looks: readonly number[], attempts: number): number[] {
  const most = looks.at(-1)!;
  const further = Array.from({ length: (attempts - 1) * LOOKS_PER_RERUN }, (_, index) =>
    Math.round(most + ((index + 1) * most) / LOOKS_PER_RERUN),
  );
  return [...new Set([...looks, ...further])];
}

function pooledEnd(end: EndLine, attempts: readonly GateEvidence[]): EndLine {
  const ends = attempts.flatMap((attempt) => attempt.end ?? []);
  const moved = ends.find(({ machine }) => machine.began !== machine.ended);
  return {
    ...end,
    wallMs: ends.reduce((sum, { wallMs }) => sum + wallMs, 0),
    machine: (moved ?? end).machine,
  };
}
