/** One row for each scenario, metric and round, for spreadsheets and other detectors (RFC 4180). */
import type { GateEvidence } from "../evidence.ts";
import type { Judgement, MetricJudgement } from "../judgement.ts";
import { GATE_METRICS } from "../metrics.ts";

/** Columns are only ever added, at the end. */
const COLUMNS = [
  ...["created_at", "seed", "attempt", "baseline", "candidate", "candidate_commit", "scenario", "metric"],
  ...["unit", "role", "round", "round_started_at", "candidate_slot", "effect_log_ratio", "worse_by_percent"],
  ...["limit_percent", "verdict"],
] as const;

type Row = Readonly<Record<(typeof COLUMNS)[number], string | number | null>>;

export function renderCsv(evidence: GateEvidence, { metrics }: Judgement): string {
  const rows = metrics.flatMap((metric) => rowsOf(metric, evidence));
  const lines = [COLUMNS.join(","), ...rows.map((row) => COLUMNS.map((name) => field(row[name])).join(","))];
  return `${lines.join("\r\n")}\r\n`;
}

function rowsOf(metric: MetricJudgement, { job, rounds }: GateEvidence): readonly Row[] {
  const { baseline, candidate } = job.sides;
  const byNumber = new Map(rounds.map((round) => [round.round, round]));
  return metric.effects.map((effect, index) => {
    const round = byNumber.get(metric.effectRounds[index]!);
    return {
      created_at: job.createdAt,
      seed: job.seed,
      attempt: job.attempt,
      baseline: baseline?.spec ?? null,
      candidate: candidate?.spec ?? null,
      candidate_commit: candidate?.commit ?? null,
      scenario: metric.scenario,
      metric: metric.metric,
      unit: GATE_METRICS[metric.metric].unit,
      role: metric.role,
      round: round?.round ?? null,
      round_started_at: round?.startedAt ?? null,
      candidate_slot: round?.candidateSlot ?? null,
      effect_log_ratio: effect,
      worse_by_percent: Number((100 * Math.expm1(effect)).toFixed(4)),
      limit_percent: metric.limit === null ? null : Number((100 * metric.limit).toFixed(4)),
      verdict: metric.verdict,
    };
  });
}

function field(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
