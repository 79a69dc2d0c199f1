import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReportCell, ReportModel, ReportTable } from "../../../reports/src/model.ts";
import { buildReportModel } from "../../src/report/build.ts";
import { resultFile } from "../../src/result/schema.ts";
import { sampleResult, sampleSuite } from "./sample-results.ts";

const build = (results: Parameters<typeof buildReportModel>[0]) =>
  buildReportModel(results, "brokermark report");

function table(model: ReportModel, caption: string): ReportTable {
  const found = model.sections
    .flatMap(({ tables }) => tables)
    .find((candidate) => candidate.caption === caption);
  assert.ok(found, `no table ${caption}`);
  return found;
}

/** The cell of a target's first row under the nth heading of that text. */
function cell(of: ReportTable, target: string, heading: string, nth = 0): ReportCell {
  const columns = of.columns.flatMap((column, index) => (column.heading === heading ? [index] : []));
  const row = of.groups.flatMap(({ rows }) => rows).find(([first]) => first!.text === target);
  return row![columns[nth]!]!;
}

const statement = (model: ReportModel, label: string) =>
  model.verdict.statements.find((candidate) => candidate.label === label)!;

test("the samples are results as the schema has them", () => {
  for (const sample of sampleSuite()) assert.deepEqual(resultFile.parse(sample), sample);
});

test("figures are medians with their extremes, ratios are taken within a repetition", () => {
  const rates = { reference: [100_000, 300_000, 200_000], kafka: [50_000, 100_000, 120_000] };
  const model = build(
    [0, 1, 2].flatMap((index) => [
      sampleResult({ target: "kafka", repetition: index + 1, messagesPerSecond: rates.kafka[index]! }),
      sampleResult({ repetition: index + 1, messagesPerSecond: rates.reference[index]! }),
    ]),
  );
  const targets = table(model, "Targets side by side");
  assert.deepEqual(cell(targets, "reference", "Messages/s"), {
    text: "200,000",
    detail: "100,000 to 300,000",
  });
  assert.deepEqual(cell(targets, "kafka", "to reference"), { text: "0.50×", detail: "0.33× to 0.60×" });
  assert.deepEqual(
    targets.groups[0]!.rows.map(([first]) => first!.text),
    ["reference", "kafka"],
  );
  assert.match(
    model.verdict.headline,
    /^The reference broker delivers 2\.00× .* kafka \(1\.67× to 3\.00× over 3/,
  );
  assert.equal(model.verdict.tone, "good");
});

test("bars and lines are the results' figures, one colour key per target", () => {
  const model = build(sampleSuite());
  const charts = model.sections.find(({ heading }) => heading === "megabatch: single")!.charts;
  const throughput = charts.find(({ caption }) => caption === "Throughput")!;
  assert.deepEqual(throughput.categories, ["acks all", "acks 0", "acks 1"]);
  const runs = sampleSuite().filter(
    ({ summary: { profile, target, parameters } }) =>
      profile === "single" && target.name === "kafka" && parameters.acks === 0,
  );
  const sorted = runs.map(({ summary }) => summary.throughput.messagesPerSecond!).sort((a, b) => a - b);
  const kafka = throughput.series.find(({ name }) => name === "kafka")!;
  assert.deepEqual(kafka.points[1], [1, sorted[1]]);
  assert.deepEqual(kafka.ranges![1], [1, sorted[0], sorted[2]]);
  const overTime = charts.find(({ caption }) => caption === "Published over time: acks 0")!;
  assert.deepEqual(
    overTime.series.map(({ colourKey, faint }) => [colourKey, faint ?? false]).filter(([, faint]) => !faint),
    [
      ["reference", false],
      ["kafka", false],
    ],
  );
  assert.equal(overTime.series.length, 6);
});

test("a run that is not intact has its figures withheld and makes the banner red", () => {
  const lossy = sampleResult({
    target: "kafka",
    integrity: { verdict: "invalid", lost: 3 },
    examples: ["producer 3 sequence 8812 was confirmed and never seen"],
  });
  const model = build([sampleResult(), lossy]);
  const targets = table(model, "Targets side by side");
  assert.equal(cell(targets, "kafka", "Messages/s").text, "withheld");
  assert.equal(cell(targets, "kafka", "to reference").text, "–");
  assert.deepEqual(cell(targets, "kafka", "Integrity"), {
    text: "not intact",
    detail: "3 lost",
    tone: "bad",
  });
  assert.equal(model.verdict.tone, "bad");
  assert.match(statement(model, "Integrity").text, /^1 of 2 runs not intact: 3 lost/);
  assert.ok(model.sections[0]!.notes.some((note) => note.includes("sequence 8812")));
  const drawn = model.sections[0]!.charts.flatMap(({ series }) => series.map(({ name }) => name));
  assert.ok(!drawn.includes("kafka"));
});

test("figures come from valid runs; where there are none they are marked and give no ratio", () => {
  const validity = { verdict: "harness-limited", reasons: ["publisher used 93 % of a core"] } as const;
  const limited = (repetition: number) =>
    sampleResult({
      target: "kafka",
      repetition,
      messagesPerSecond: 1000,
      validity: { ...validity, reasons: [...validity.reasons] },
    });
  const valid = sampleResult({ target: "kafka", repetition: 2, messagesPerSecond: 2000 });
  const mixed = build([sampleResult(), sampleResult({ repetition: 2 }), limited(1), valid]);
  assert.deepEqual(cell(table(mixed, "Targets side by side"), "kafka", "Messages/s"), { text: "2,000" });
  assert.equal(mixed.verdict.tone, "warn");
  assert.match(statement(mixed, "Validity").text, /^3 of 4 runs valid; 1 harness-limited/);
  const none = table(build([sampleResult(), limited(1)]), "Targets side by side");
  assert.equal(cell(none, "kafka", "Messages/s").tone, "warn");
  assert.equal(cell(none, "kafka", "to reference").text, "–");
});

test("unequal durability is said beside every ratio and in the banner", () => {
  const model = build([sampleResult(), sampleResult({ target: "kafka", durability: "fsync" })]);
  const ratio = cell(table(model, "Targets side by side"), "kafka", "to reference");
  assert.deepEqual([ratio.tone, ratio.detail], ["warn", "unequal durability"]);
  assert.equal(statement(model, "Terms").tone, "warn");
  assert.match(model.verdict.headline, /durability classes differ/);
});

test("closed loop shows publish latency and says that it is not a response time", () => {
  const closed = build([sampleResult()]).sections[0]!;
  const chart = closed.charts.find(({ kind }) => kind === "percentile")!;
  assert.equal(chart.caption, "Publish latency");
  assert.match(chart.note!, /closed loop.*not a response time/);
  const open = build([sampleResult({ mode: "open" })]).sections[0]!;
  assert.equal(open.charts.find(({ kind }) => kind === "percentile")!.caption, "Response time");
});

test("without any latency the page says why", () => {
  const section = build([sampleResult({ medianUs: null })]).sections[0]!;
  assert.ok(section.notes.some((note) => note.startsWith("No latency was measured")));
  assert.ok(!section.charts.some(({ kind }) => kind === "percentile"));
});

test("without a reference there is a rate and no ratio", () => {
  const { verdict } = build([sampleResult({ target: "kafka", messagesPerSecond: 1_234_567 })]);
  assert.match(
    verdict.headline,
    /^kafka delivers 1,230,000 messages per second in megabatch \(one repetition/,
  );
});

test("versions and durability classes of one target name keep apart", () => {
  const model = build([sampleResult(), sampleResult({ durability: "fsync" })]);
  const names = table(model, "Targets side by side").groups[0]!.rows.map(([first]) => first!.text);
  assert.deepEqual(names, ["reference (os)", "reference (fsync)"]);
});

test("machine and seed are among the facts, what was not known is not", () => {
  const facts = new Map(build([sampleResult()]).facts);
  assert.equal(facts.get("seed"), "42");
  assert.equal(facts.get("cores"), "2");
  assert.equal(facts.get("memory"), "8 GiB");
  assert.equal(facts.has("cgroup memory"), false);
});
