import type { GateEvidence } from "../evidence.ts";
import type { Progress } from "../judgement.ts";
import { mean } from "../statistics/moments.ts";
import { roundsNeeded } from "./detectable.ts";
import { type Examined, examine, planOf } from "./examine.ts";
import { integrityFindings } from "./integrity.ts";
import type { LookPlan } from "./look-plan.ts";

/** Noise is not judged to be hopeless on fewer rounds. */
const LEAST_ROUNDS = 10;
/** Times the rounds there is time for: only then is going on futile. */
const HOPELESS = 2;

type State = "open" | "settled" | "regress" | "futile";

/**
 * After a round: which scenarios need no more, and whether the job may stop. A proven regression ends it, since nothing else can change
 * the verdict. Giving up early for noise is not binding, so it spends no alpha. `elapsedMs` counts the job's own time.
 */
export function progressOf(evidence: GateEvidence, elapsedMs: number): Progress {
  if (integrityFindings(evidence.rounds).length > 0) return { decided: [], stop: "integrity" };
  const plan = planOf(evidence);
  const gating = examine(evidence, plan).filter(({ role, limit }) => role === "gating" && limit !== null);
  const settled = gating.map((one) => ({ ...one, state: stateOf(one, plan) }));
  const left = roundsLeft(evidence, settled, elapsedMs);
  const states = settled.map((one) =>
    one.state === "open" && isFutile(one, evidence, plan, left) ? { ...one, state: "futile" as const } : one,
  );
  if (states.some(({ state }) => state === "regress")) {
    return { decided: evidence.job.scenarios.map(({ name }) => name), stop: "decided" };
  }
  const most = evidence.job.rules.looks.at(-1)!;
  const isOpen = (name: string) =>
    states.some(({ scenario, state }) => scenario === name && state === "open");
  const exhausted = (name: string) =>
    evidence.rounds.filter(({ scenario }) => scenario === name).length >= most;
  const names = evidence.job.scenarios.map(({ name }) => name);
  const decided = names.filter((name) => !isOpen(name) || exhausted(name));
  if (decided.length < names.length) return { decided, stop: null };
  if (names.some(isOpen)) return { decided, stop: "rounds" };
  return { decided, stop: states.some(({ state }) => state === "futile") ? "futile" : "decided" };
}

function stateOf({ tests, limit, effects, equal, measured, played }: Examined, plan: LookPlan): State {
  const [firstLook] = plan.looks;
  if (played < firstLook!.rounds) return "open";
  if (equal || !measured) return "settled";
  const reach = Math.log1p(limit!);
  if (tests.pWorse <= plan.alpha && tests.upperBound >= reach) return "regress";
  if (!tests.passed) return "open";
  // It passes. What looks like an improvement as large as the limit is given the rounds to be called one.
  const maybeImproved = tests.lowerBound <= -reach && mean(effects) <= -reach && tests.pBetter > plan.alpha;
  return maybeImproved ? "open" : "settled";
}

interface RoundsLeft {
  readonly perScenario: number;
}

/** Rounds that each undecided scenario still has time for, if they take as long as those played. */
function roundsLeft(
  { job, rounds }: GateEvidence,
  examined: readonly (Examined & { state: State })[],
  elapsedMs: number,
): RoundsLeft {
  const open = new Set(examined.filter(({ state }) => state === "open").map(({ scenario }) => scenario));
  let roundOfAllMs = 0;
  for (const name of open) {
    const own = rounds.filter(({ scenario }) => scenario === name);
    if (own.length > 0) roundOfAllMs += mean(own.map(({ wallMs }) => wallMs));
  }
  const leftMs = Math.max(0, job.measuring.maxTimeMs - elapsedMs);
  return { perScenario: roundOfAllMs === 0 ? Infinity : leftMs / roundOfAllMs };
}

function isFutile(
  { effects, limit, played }: Examined,
  { job }: GateEvidence,
  plan: LookPlan,
  { perScenario }: RoundsLeft,
): boolean {
  if (effects.length < LEAST_ROUNDS) return false;
  const most = Math.min(job.rules.looks.at(-1)!, played + perScenario);
  const needed = roundsNeeded(effects, plan.alpha, { limit: limit!, indifference: job.rules.indifference });
  return needed > HOPELESS * most;
}
