import type { InconclusiveReason, MetricVerdict } from "../judgement.ts";
import { detectableEffect } from "./detectable.ts";
import type { Examined } from "./examine.ts";
import { type MachineFitness, isTimed } from "./fitness.ts";
import type { LookPlan } from "./look-plan.ts";
import { firstReason } from "./reasons.ts";

export interface Circumstances {
  readonly plan: LookPlan;
  /** As a share. */
  readonly indifference: number;
  readonly fitness: Pick<MachineFitness, "contended" | "generatorBound">;
  /** How the job ended, where that left it undecided. */
  readonly cutShort: "side-failed" | "interrupted" | null;
  /** It was given up because of its noise, which then is why there are few rounds. */
  readonly futile: boolean;
}

/** Rejected after correction for the number of hypotheses. */
export interface Rejections {
  readonly worse: boolean;
  readonly better: boolean;
}

type Verdict = readonly [MetricVerdict, InconclusiveReason | null];

/** `worse` and `better` mirror each other, so that both are equally frequent where nothing changed. */
export function verdictOf(examined: Examined, { worse, better }: Rejections, at: Circumstances): Verdict {
  const { tests, limit } = examined;
  if (!examined.measured) return ["not-measured", null];
  if (examined.equal) return ["equal", null];
  if (limit === null) return ["no-limit", null];
  const reach = Math.log1p(limit);
  if (worse && tests.upperBound >= reach) return ["regress", null];
  if (better && tests.lowerBound <= -reach) return ["improved", null];
  if (tests.passed && !hiddenByGenerator(examined, at)) {
    return [tests.lowerBound > Math.log1p(at.indifference) ? "pass-slower" : "pass", null];
  }
  return ["inconclusive", firstReason(reasonsOf(examined, at))];
}

function hiddenByGenerator({ metric }: Examined, { fitness }: Circumstances): boolean {
  return fitness.generatorBound && isTimed(metric);
}

function reasonsOf(examined: Examined, at: Circumstances): InconclusiveReason[] {
  const { effects, tests, limit, setAside } = examined;
  const short = !at.futile && effects.length < Math.min(at.plan.first, at.plan.looks.at(-1)!.rounds);
  const detectable = detectableEffect(effects, at.plan.alpha, at.indifference);
  const held: readonly [InconclusiveReason | null, boolean][] = [
    [at.cutShort, true],
    ["client", hiddenByGenerator(examined, at)],
    ["contended", at.fitness.contended],
    ["clock", short && setAside > 0],
    ["short", short],
    ["unstable", tests.unstable],
    ["noise", at.futile || (detectable !== null && limit !== null && detectable > limit)],
    ["borderline", true],
  ];
  return held.flatMap(([reason, holds]) => (holds && reason !== null ? [reason] : []));
}
