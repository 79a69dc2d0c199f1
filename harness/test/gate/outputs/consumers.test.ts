/** Each format as its consumer reads it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { renderBencher } from "../../../src/gate/outputs/bencher.ts";
import { renderBenchmarkAction } from "../../../src/gate/outputs/benchmark-action.ts";
import { renderCsv } from "../../../src/gate/outputs/csv.ts";
import { renderJunit } from "../../../src/gate/outputs/junit.ts";
import { renderOpenMetrics } from "../../../src/gate/outputs/openmetrics.ts";
import { judge } from "../../../src/gate/judge/judge.ts";
import { parseXml, type XmlElement } from "../../xml.ts";
import {
  gateEvidence,
  IMPROVED,
  judgementOf,
  metricJudgement,
  NOISY,
  PASS,
  REGRESS,
} from "../gate-fixture.ts";

const EVIDENCE = gateEvidence({
  rounds: 12,
  scenarios: [
    { name: "megabatch", protocol: "kafka", worse: { throughput: 0.08, cpuPerMessage: 0.1 } },
    { name: "publish-confirm", protocol: "amqp" },
  ],
});
const JUDGED = judge(EVIDENCE);
const MIXED = judgementOf("regress", [
  PASS,
  REGRESS,
  NOISY,
  { ...REGRESS, metric: "p50", role: "advisory" },
  metricJudgement({ metric: "p99", verdict: "not-measured", effect: null, interval: null, effects: [] }),
]);

const child = ({ children }: XmlElement, name: string) => children.find((one) => one.name === name);
const caseOf = (suite: XmlElement, name: string) =>
  suite.children.find(({ attributes }) => attributes.name === name)!;

test("JUnit: a regression fails, what is undecided is skipped, advisory metrics do neither", () => {
  const suite = parseXml(renderJunit(EVIDENCE, MIXED));
  assert.equal(suite.name, "testsuite");
  const { tests, failures, errors, skipped } = suite.attributes;
  assert.deepEqual(
    { tests, failures, errors, skipped },
    { tests: "6", failures: "1", errors: "0", skipped: "1" },
  );
  const failure = child(caseOf(suite, "broker CPU per message"), "failure")!;
  assert.equal(failure.attributes.type, "regression");
  assert.match(failure.attributes.message!, /^megabatch broker CPU per message: regress: 7\.6 % worse/);
  assert.equal(failure.text, failure.attributes.message);
  assert.match(child(caseOf(suite, "publish p90"), "skipped")!.attributes.message!, /inconclusive \(noise\)/);
  assert.deepEqual(
    caseOf(suite, "throughput").children.map(({ name }) => name),
    ["system-out"],
  );
  assert.match(
    child(caseOf(suite, "throughput"), "system-out")!.text,
    /^megabatch throughput: pass: .*\nverdict=pass\nrole=gating\neffect=0\.003\n/,
  );
  assert.equal(child(caseOf(suite, "publish p50"), "failure"), undefined);
  assert.deepEqual(
    [caseOf(suite, "integrity").attributes.classname, caseOf(suite, "integrity").children],
    ["megabatch", []],
  );
});

test("JUnit: a lost message is an error with its examples, whatever characters are in it", () => {
  const finding = {
    ...{ scenario: "megabatch", round: 2, side: "candidate", what: "1 lost" },
    examples: ['producer <1> & "2" \u0001'],
  };
  const suite = parseXml(renderJunit(EVIDENCE, judgementOf("integrity", [], { integrity: [finding] })));
  const error = child(caseOf(suite, "integrity"), "error")!;
  assert.deepEqual(error.attributes, { type: "integrity", message: "integrity: round 2, candidate: 1 lost" });
  assert.match(error.text, /producer <1> & "2" \?$/);
});

test("JUnit: a job that never came to its metrics is not green", () => {
  const failure = { side: "candidate", code: "TARGET_DIED", message: "signal 9" } as const;
  const evidence = gateEvidence({ rounds: 0, end: { reason: "side-failed", failure } });
  const suite = parseXml(renderJunit(evidence, judge(evidence)));
  assert.equal(suite.attributes.errors, "1");
  assert.match(
    child(caseOf(suite, "verdict"), "error")!.text,
    /^INCONCLUSIVE \(side-failed\) the candidate failed/,
  );
});

test("JUnit: a regression in a job that is void does not fail", () => {
  const judgement = judgementOf("inconclusive", [REGRESS], { reason: "control" });
  const suite = parseXml(renderJunit(EVIDENCE, judgement));
  assert.deepEqual([suite.attributes.failures, suite.attributes.skipped], ["0", "2"]);
  const { message } = child(caseOf(suite, "broker CPU per message"), "skipped")!.attributes;
  assert.match(message!, /not counted: the job is INCONCLUSIVE \(control\)$/);
});

test("JUnit: times add up to the rounds'", () => {
  const suite = parseXml(renderJunit(EVIDENCE, JUDGED));
  const sum = suite.children.reduce((total, { attributes }) => total + Number(attributes.time), 0);
  const wall = EVIDENCE.rounds.reduce((total, { wallMs }) => total + wallMs / 1000, 0);
  assert.ok(Math.abs(sum - wall) < 0.05, `${sum} and ${wall}`);
});

/** As its action reads them: a name, a number, a unit; a range is drawn if what follows the sign is a number of two characters or more. */
const benchmarks = z.array(
  z.strictObject({
    name: z.string().min(1),
    value: z.number(),
    unit: z.string(),
    range: z
      .string()
      .regex(/^± \d+\.\d+$/)
      .optional(),
    extra: z.string().optional(),
  }),
);

test("benchmark-action: two files, one for each direction, in percent of the baseline", () => {
  const parts = renderBenchmarkAction(judgementOf("regress", [IMPROVED, REGRESS]));
  assert.deepEqual(
    parts.map(({ infix }) => infix),
    ["smaller", "bigger"],
  );
  const [smaller, bigger] = parts.map(({ text }) => benchmarks.parse(JSON.parse(text)));
  assert.deepEqual(
    smaller!.map(({ name, value, unit, range }) => ({ name, value, unit, range })),
    [{ name: "megabatch broker CPU per message", value: 107.62, unit: "% of baseline", range: "± 1.4700" }],
  );
  assert.equal(bigger![0]!.name, "megabatch throughput");
  assert.equal(bigger![0]!.value, Number((100 / (1 - 0.061)).toFixed(4)));
  for (const { text } of renderBenchmarkAction(JUDGED))
    assert.ok(benchmarks.parse(JSON.parse(text)).length > 0);
});

/** https://bencher.dev/bmf.json, with the lengths that its server takes. */
const bencher = z.record(
  z.string().min(1).max(1024),
  z.record(
    z.string().regex(/^[a-z0-9-]{1,64}$/),
    z.strictObject({
      value: z.number(),
      lower_value: z.number().optional(),
      upper_value: z.number().optional(),
    }),
  ),
);

test("Bencher: measures by slug, interval as bounds", () => {
  const read = bencher.parse(JSON.parse(renderBencher(judgementOf("regress", [REGRESS, IMPROVED]))));
  assert.deepEqual(read.megabatch?.["cpu-per-message-percent-of-baseline"], {
    ...{ value: 107.62, lower_value: 106.1, upper_value: 109.04 },
  });
  const better = read.megabatch?.["throughput-percent-of-baseline"];
  assert.ok(better!.lower_value! < better!.value && better!.value < better!.upper_value!);
  assert.deepEqual(Object.keys(bencher.parse(JSON.parse(renderBencher(JUDGED)))), [
    "megabatch",
    "publish-confirm",
  ]);
});

/** The text format's grammar for gauges and state sets, families unbroken. */
function parseOpenMetrics(text: string): Map<string, { type: string; samples: Map<string, number> }> {
  const lines = text.split("\n");
  assert.deepEqual(lines.splice(-2), ["# EOF", ""]);
  const families = new Map<string, { type: string; samples: Map<string, number> }>();
  let name = "";
  for (const line of lines) {
    const meta = /^# (TYPE|UNIT|HELP) ([a-z_]+) (.+)$/.exec(line);
    if (meta !== null) {
      const [, kind, of, value] = meta;
      if (kind === "TYPE") {
        assert.ok(!families.has(of!), `${of} stands twice`);
        families.set(of!, { type: value!, samples: new Map() });
        name = of!;
      }
      assert.equal(of, name);
      if (kind === "UNIT") assert.ok(name.endsWith(`_${value}`), `${name} does not end in ${value}`);
      continue;
    }
    const sample =
      /^([a-z_]+)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (-?\d+(?:\.\d+)?(?:e-\d+)?)$/.exec(line);
    assert.ok(sample, `no sample: ${line}`);
    assert.equal(sample[1], name);
    const { samples } = families.get(name)!;
    assert.ok(!samples.has(sample[2]!), `${line} stands twice`);
    samples.set(sample[2]!, Number(sample[3]));
  }
  return families;
}

test("OpenMetrics: gauges by scenario and metric, the verdict as a state set", () => {
  const families = parseOpenMetrics(renderOpenMetrics(judgementOf("regress", [REGRESS])));
  const labels = '{scenario="megabatch",metric="cpuPerMessage"}';
  const value = (name: string) => families.get(`brokermark_gate_${name}`)!.samples.get(labels);
  assert.deepEqual(
    ["effect_ratio", "effect_low_ratio", "effect_high_ratio", "limit_ratio", "detectable_ratio"].map(value),
    [0.0762, 0.061, 0.0904, 0.05, 0.021],
  );
  const verdict = families.get("brokermark_gate_verdict")!;
  assert.equal(verdict.type, "stateset");
  assert.equal(verdict.samples.get('{brokermark_gate_verdict="regress"}'), 1);
  assert.equal(
    [...verdict.samples.values()].reduce((sum, one) => sum + one, 0),
    1,
  );
  parseOpenMetrics(renderOpenMetrics(JUDGED));
  const odd = metricJudgement({ scenario: 'a"b\\c\nd' });
  parseOpenMetrics(renderOpenMetrics(judgementOf("pass", [odd])));
});

/** RFC 4180. */
function parseCsv(text: string): string[][] {
  assert.ok(text.endsWith("\r\n"));
  return text
    .slice(0, -2)
    .split("\r\n")
    .map((line) =>
      [...line.matchAll(/("(?:[^"]|"")*"|[^",]*)(?:,|$)/g)]
        .slice(0, line === "" ? 1 : undefined)
        .map(([, field]) => (field!.startsWith('"') ? field!.slice(1, -1).replaceAll('""', '"') : field!))
        .slice(0, -1),
    );
}

test("CSV: the stable header, one row for each metric and round", () => {
  const [header, ...rows] = parseCsv(renderCsv(EVIDENCE, JUDGED));
  assert.equal(
    header!.join(","),
    "created_at,seed,attempt,baseline,candidate,candidate_commit,scenario,metric,unit,role,round,round_started_at,candidate_slot,effect_log_ratio,worse_by_percent,limit_percent,verdict",
  );
  const effects = JUDGED.metrics.reduce((sum, metric) => sum + metric.effects.length, 0);
  assert.equal(rows.length, effects);
  assert.ok(rows.every(({ length }) => length === header!.length));
  const second = rows.find(
    ([, , , , , , scenario, metric, , , round]) =>
      scenario === "publish-confirm" && metric === "throughput" && round === "3",
  )!;
  const judged = JUDGED.metrics.find(
    ({ scenario, metric }) => scenario === "publish-confirm" && metric === "throughput",
  )!;
  assert.equal(Number(second[13]), judged.effects[judged.effectRounds.indexOf(3)]);
  assert.equal(second[12], String(EVIDENCE.rounds[3]!.candidateSlot));
  const quoted = gateEvidence({
    rounds: 1,
    job: { sides: { baseline: { ...EVIDENCE.job.sides.baseline!, spec: 'cmd:a, "b"' } } },
  });
  const [, row] = parseCsv(
    renderCsv(quoted, judgementOf("pass", [metricJudgement({ effects: [0.1], effectRounds: [0] })])),
  );
  assert.equal(row![3], 'cmd:a, "b"');
});
