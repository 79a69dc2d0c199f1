import assert from "node:assert/strict";
import { test } from "node:test";
import { readChartLibrary } from "../../../reports/src/chart-library.ts";
import type { ReportModel } from "../../../reports/src/model.ts";
import { renderReport } from "../../../reports/src/render.ts";
import { judge } from "../../src/gate/judge/judge.ts";
import { buildGateReport } from "../../src/report/gate/build.ts";
import { percentileShifts } from "../../src/report/gate/shift.ts";
import {
  gateEvidence,
  judgementOf,
  metricJudgement,
  NOISY,
  REGRESS,
  TWO_SCENARIOS,
} from "../gate/gate-fixture.ts";

const EVIDENCE = gateEvidence({
  rounds: 14,
  scenarios: [{ ...TWO_SCENARIOS[0]!, worse: { cpuPerMessage: 0.1, p50: 0.2 } }, TWO_SCENARIOS[1]!],
});
const JUDGED = judge(EVIDENCE);
const chartsOf = (model: ReportModel, heading: string) =>
  model.sections.find((section) => section.heading === heading)!.charts;

test("a dot for each round and metric, beside them the effect, its interval and its limit", () => {
  const [gating] = chartsOf(buildGateReport(EVIDENCE, JUDGED), "megabatch");
  const judged = JUDGED.metrics.filter(
    ({ scenario, role, effects }) => scenario === "megabatch" && role === "gating" && effects.length > 0,
  );
  assert.equal(gating!.kind, "dots");
  const [rounds, effect] = gating!.series;
  assert.equal(gating!.categories!.length, judged.length);
  assert.deepEqual(
    judged.map((_, category) => rounds!.points.filter(([of]) => of === category).length),
    judged.map(({ effects }) => effects.length),
  );
  const cpu = judged.findIndex(({ metric }) => metric === "cpuPerMessage");
  const percent = (share: number) => Number((100 * share).toFixed(2));
  assert.deepEqual(effect!.points[cpu], [cpu, percent(judged[cpu]!.effect!)]);
  assert.deepEqual(effect!.ranges![cpu], [cpu, ...judged[cpu]!.interval!.map(percent)]);
  assert.deepEqual(gating!.limits![cpu], { category: cpu, y: 5, label: "limit 5 %" });
});

test("the shift function finds a change of all latencies at every percentile, within the rounds' interval", () => {
  const shifts = percentileShifts(EVIDENCE.rounds.filter(({ scenario }) => scenario === "megabatch"));
  assert.deepEqual(
    shifts.map(({ percentile }) => percentile),
    [1, 5, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5],
  );
  for (const { percentile, shift, interval } of shifts.filter((one) => one.percentile <= 95)) {
    assert.ok(Math.abs(shift - 0.2) < 0.03, `p${percentile}: ${shift}`);
    assert.ok(interval![0] < shift && shift < interval![1]);
  }
  assert.deepEqual(percentileShifts([]), []);
});

test("the banner is the verdict; its tone is not good unless it passed", () => {
  const { verdict } = buildGateReport(EVIDENCE, JUDGED);
  assert.equal(verdict.badge, "REGRESS");
  assert.match(verdict.headline, /^megabatch broker CPU per message/);
  assert.equal(verdict.tone, "bad");
  const noisy = buildGateReport(EVIDENCE, judgementOf("inconclusive", [NOISY], { reason: "noise" }));
  assert.equal(noisy.verdict.tone, "warn");
});

test("settings that differ, equal bytes and unlike durability are said", () => {
  const { sides } = EVIDENCE.job;
  const changed = {
    ...EVIDENCE,
    job: {
      ...EVIDENCE.job,
      sides: {
        ...sides,
        candidate: {
          ...sides.candidate!,
          durability: "fsync",
          configuration: { "broker.shards": "2", inject: "spin" },
        },
      },
    },
  };
  const section = buildGateReport(changed, JUDGED).sections.at(-1)!;
  const table = section.tables.find(({ caption }) => caption === "Settings that differ")!;
  assert.deepEqual(
    table.groups[0]!.rows.map((row) => row.map(({ text }) => text)),
    [
      ["broker.shards", "1", "2"],
      ["inject", "(not set)", "spin"],
    ],
  );
  assert.match(section.notes.join(" "), /do not promise the same durability \(os and fsync\)/);
});

test("rounds keep their numbers where one lacks the metric", () => {
  const metric = metricJudgement({ ...REGRESS, effects: [0.1, 0.2], effectRounds: [0, 4] });
  const model = buildGateReport(EVIDENCE, judgementOf("regress", [metric]));
  const table = model.sections
    .at(-1)!
    .tables.find(({ caption }) => caption.startsWith("Rounds of megabatch"))!;
  const column = table.columns.findIndex(({ heading }) => heading === "broker CPU per message");
  assert.deepEqual(
    table.groups[0]!.rows.slice(0, 3).map((row) => row[column]!.text),
    ["+10.5", "–", "+22.1"],
  );
});

test("the page renders, also of a job without a round", () => {
  const empty = gateEvidence({ rounds: 0, end: null });
  for (const evidence of [EVIDENCE, empty]) {
    const page = renderReport(buildGateReport(evidence, judge(evidence)), readChartLibrary());
    assert.match(page, /<title>Brokermark gate: git:HEAD against git:main<\/title>/);
  }
});
