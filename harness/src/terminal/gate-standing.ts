import type { GateEvidence } from "../gate/evidence.ts";
import type { Judgement, MetricJudgement } from "../gate/judgement.ts";
import { GATE_METRICS } from "../gate/metrics.ts";
import { seconds, signedPercent } from "../gate/words/figures.ts";

/**
 * What is known of a scenario after a round: `throughput +0.3 %, publish p90 -1.2 % …; undecided: publish p90; 75 s left`. Above 0
 * is worse.
 */
export function renderStanding(
  scenario: string,
  { metrics }: Judgement,
  { rounds }: GateEvidence,
  leftMs: number,
): string {
  const gating = metrics.filter(
    (one) => one.scenario === scenario && one.role === "gating" && one.effect !== null,
  );
  const effects = gating.map((one) => `${title(one)} ${signedPercent(one.effect ?? 0)} %`);
  const undecided = gating.filter(({ verdict }) => verdict === "inconclusive").map(title);
  const played = rounds.filter((round) => round.scenario === scenario).length;
  return [
    `worse by ${effects.join(", ")} after ${played}`,
    undecided.length === 0 ? "decided" : `undecided: ${undecided.join(", ")}`,
    `${seconds(leftMs)} left`,
  ].join("; ");
}

const title = ({ metric }: MetricJudgement): string => GATE_METRICS[metric].title;
