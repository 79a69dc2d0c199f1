import assert from "node:assert/strict";
import { test } from "node:test";
import type { GateEvidence, RoundLine, Slice } from "../../../src/gate/evidence.ts";
import { judge } from "../../../src/gate/judge/judge.ts";
import { judgePooled, poolAttempts } from "../../../src/gate/judge/pool.ts";
import { progressOf } from "../../../src/gate/judge/progress.ts";
import { INCONCLUSIVE_REASONS } from "../../../src/gate/judge/reasons.ts";
import { type FixtureOptions, gateEvidence } from "../gate-fixture.ts";

const ONE = [{ name: "s", protocol: "kafka" }] as const;

function evidence(options: FixtureOptions = {}): GateEvidence {
  return gateEvidence({ scenarios: ONE, rounds: 14, noise: 0.01, ...options });
}

function mapRounds(given: GateEvidence, change: (round: RoundLine) => Partial<RoundLine>): GateEvidence {
  return { ...given, rounds: given.rounds.map((round) => ({ ...round, ...change(round) })) };
}

function mapSlices(given: GateEvidence, change: (slice: Slice) => Partial<Slice>): GateEvidence {
  return mapRounds(given, ({ blocks }) => ({
    blocks: blocks.map((block) => ({
      ...block,
      slices: block.slices.map((slice) => ({ ...slice, ...change(slice) })),
    })),
  }));
}

function verdictsOf(given: GateEvidence) {
  const { verdict, reason, metrics } = judge(given);
  return { verdict, reason, by: Object.fromEntries(metrics.map((one) => [one.metric, one.verdict])) };
}

test("equal sides pass, and the same evidence is judged the same to the last bit", () => {
  const given = evidence();
  const { verdict, by } = verdictsOf(given);
  assert.equal(verdict, "pass");
  assert.deepEqual(
    [by.throughput, by.cpuPerMessage, by.memory, by.p99_9],
    ["pass", "pass", "equal", "not-measured"],
  );
  assert.equal(by.idleCpu, "equal");
  assert.equal(JSON.stringify(judge(structuredClone(given))), JSON.stringify(judge(given)));
});

test("a regression is called on the metric it is in, with its size; an improvement is information", () => {
  const worse = evidence({ scenarios: [{ ...ONE[0], worse: { cpuPerMessage: 0.08 } }] });
  const { verdict, by } = verdictsOf(worse);
  assert.deepEqual(
    [verdict, by.cpuPerMessage, by.throughput, by.memory],
    ["regress", "regress", "pass", "equal"],
  );
  const cpu = judge(worse).metrics.find(({ metric }) => metric === "cpuPerMessage")!;
  assert.ok(
    Math.abs(cpu.effect! - 0.08) < 0.01 && cpu.interval![0] <= cpu.effect! && cpu.effect! <= cpu.interval![1],
  );
  const better = evidence({ scenarios: [{ ...ONE[0], worse: { memory: -0.2 } }] });
  assert.deepEqual([verdictsOf(better).verdict, verdictsOf(better).by.memory], ["improved", "improved"]);
});

test("slower for certain but by less than the limit passes, and says so", () => {
  const given = evidence({
    rounds: 30,
    noise: 0.005,
    scenarios: [{ ...ONE[0], worse: { throughput: 0.02 } }],
  });
  assert.deepEqual([verdictsOf(given).verdict, verdictsOf(given).by.throughput], ["pass", "pass-slower"]);
  assert.equal(
    verdictsOf({ ...given, job: { ...given.job, rules: { ...given.job.rules, indifference: 0.03 } } }).by
      .throughput,
    "pass",
  );
});

test("a limit given with the job stands over the table's", () => {
  const given = evidence({ scenarios: [{ ...ONE[0], worse: { cpuPerMessage: 0.08 } }] });
  const rules = { ...given.job.rules, limits: { cpuPerMessage: 0.15 } };
  assert.equal(verdictsOf({ ...given, job: { ...given.job, rules } }).by.cpuPerMessage, "pass-slower");
});

test("one lost message is an integrity verdict whatever the speed", () => {
  const given = mapRounds(evidence(), (line) => {
    if (line.round !== 3) return {};
    const candidate = line.sides.candidate!;
    const integrity = { ...candidate.integrity, lost: 1, examples: ["producer 0, number 7"] };
    return { sides: { ...line.sides, candidate: { ...candidate, integrity } } };
  });
  const judgement = judge(given);
  assert.equal(judgement.verdict, "integrity");
  assert.deepEqual(judgement.integrity, [
    { scenario: "s", round: 3, side: "candidate", what: "1 lost", examples: ["producer 0, number 7"] },
  ]);
  assert.equal(progressOf(given, 0).stop, "integrity");
});

test("every reason for not telling comes with its circumstance", () => {
  const noisy = evidence({ noise: 0.2 });
  const none = { machine: { began: "a", ended: "a" } };
  const withControl = (factor: number) =>
    mapRounds(
      {
        ...evidence(),
        job: {
          ...evidence().job,
          sides: { ...evidence().job.sides, control: evidence().job.sides.baseline! },
        },
      },
      ({ blocks, sides }) => ({
        blocks: blocks.map((block) => ({
          ...block,
          slices: block.slices.flatMap((slice) =>
            slice.side === "baseline"
              ? [slice, { ...slice, side: "control" as const, cpuNs: slice.cpuNs! * factor }]
              : [slice],
          ),
        })),
        sides: { ...sides, control: sides.baseline! },
      }),
    );
  const modes = mapSlicesByRound(evidence({ noise: 0.001, rounds: 30 }), (round) =>
    round % 2 === 0 ? 0.97 : 1.045,
  );
  const cases: readonly [string, GateEvidence][] = [
    ["noise", noisy],
    ["contended", mapSlices(noisy, ({ wallNs }) => ({ foreignNs: 1.6 * wallNs }))],
    ["client", mapSlices(evidence(), ({ wallNs }) => ({ generatorCpuNs: 0.95 * wallNs }))],
    ["short", { ...noisy, rounds: noisy.rounds.slice(0, 5) }],
    // Given up after few rounds: for their noise.
    ["noise", evidence({ noise: 0.2, rounds: 5, end: { reason: "futile", ...none } })],
    ["clock", mapRounds(noisy, () => ({ longestGapMs: 400 }))],
    ["migrated", evidence({ end: { machine: { began: "boot-1", ended: "boot-2" } } })],
    ["interrupted", { ...noisy, end: null }],
    ["interrupted", evidence({ noise: 0.2, end: { reason: "interrupted", ...none } })],
    ["side-failed", evidence({ end: { reason: "side-failed", ...none } })],
    ["control", withControl(1.2)],
    ["unstable", modes],
    ["borderline", scattered(14, 0.025, 1)],
  ];
  for (const [reason, given] of cases) {
    const judgement = judge(given);
    assert.deepEqual([judgement.verdict, judgement.reason], ["inconclusive", reason]);
    assert.ok(judgement.fitness.fired.includes(judgement.reason!), `${reason} did not fire`);
  }
  assert.deepEqual(new Set(cases.map(([reason]) => reason)), new Set(Object.keys(INCONCLUSIVE_REASONS)));
  assert.equal(judge(withControl(1)).control, "pass");
  assert.equal(judge(withControl(1)).verdict, "pass");
});

/** Effects around a centre, some of either sign, in no order that is a trend. */
const SCATTER = [-0.045, 0.03, -0.015, 0.045, 0, -0.03, 0.015];

function scattered(rounds: number, centre: number, width: number): GateEvidence {
  return mapSlicesByRound(evidence({ noise: 0, rounds }), (round) =>
    Math.exp(centre + width * SCATTER[round % SCATTER.length]!),
  );
}

function mapSlicesByRound(given: GateEvidence, factor: (round: number) => number): GateEvidence {
  return mapRounds(given, ({ round, blocks }) => ({
    blocks: blocks.map((block) => ({
      ...block,
      slices: block.slices.map((slice) =>
        slice.side === "candidate" ? { ...slice, cpuNs: slice.cpuNs! * factor(round) } : slice,
      ),
    })),
  }));
}

test("contention, a busy generator or an interruption never hide a proven regression", () => {
  const worse = evidence({ scenarios: [{ ...ONE[0], worse: { cpuPerMessage: 0.3 } }], rounds: 17 });
  assert.equal(judge(mapSlices(worse, ({ wallNs }) => ({ foreignNs: 1.9 * wallNs }))).verdict, "regress");
  assert.equal(judge(mapSlices(worse, ({ wallNs }) => ({ generatorCpuNs: wallNs }))).verdict, "regress");
  assert.equal(judge({ ...worse, end: null }).verdict, "regress");
});

test("rounds in which the machine stood still are set aside, whoever's turn it was", () => {
  const given = mapRounds(evidence({ rounds: 16 }), ({ round }) => ({ longestGapMs: round < 2 ? 500 : 5 }));
  const { verdict, metrics, fitness, rounds } = judge(given);
  assert.equal(verdict, "pass");
  assert.deepEqual(metrics[0]!.effectRounds.slice(0, 2), [2, 3]);
  assert.deepEqual([rounds.s, fitness.longestGapMs, fitness.fired], [16, 500, ["clock"]]);
});

test("a job goes on until all is decided, stops at a proven regression, at the last look, or when hopeless", () => {
  const given = evidence({ rounds: 30 });
  const after = (from: GateEvidence, rounds: number, elapsedMs = 0) =>
    progressOf({ ...from, rounds: from.rounds.slice(0, rounds), end: null }, elapsedMs).stop;
  assert.equal(after(given, 0), null);
  assert.equal(after(given, 5), null);
  assert.equal(after(given, 8), "decided");
  const worse = evidence({ rounds: 30, scenarios: [{ ...ONE[0], worse: { cpuPerMessage: 0.1 } }] });
  assert.deepEqual([after(worse, 11), after(worse, 12)], [null, "decided"]);
  const noisy = evidence({ rounds: 30, noise: 0.2 });
  assert.deepEqual([after(noisy, 9), after(noisy, 10)], [null, "futile"]);
  assert.equal(after(scattered(30, 0.02, 2), 30), "rounds");
});

test("a decided scenario is named while another goes on", () => {
  const scenarios = [
    { name: "calm", protocol: "kafka" },
    { name: "open", protocol: "amqp", worse: { throughput: 0.048 } },
  ] as const;
  const given = gateEvidence({ scenarios, rounds: 10, noise: 0.012 });
  assert.deepEqual(progressOf(given, 0), { decided: ["calm"], stop: null });
});

test("attempts are judged as one, with alpha split over the looks of all of them", () => {
  const [first, second] = [
    evidence({ seed: 5, noise: 0.06 }),
    evidence({ seed: 6, noise: 0.06, rounds: 30 }),
  ];
  const pooled = poolAttempts([first, second]);
  assert.deepEqual(pooled.job.rules.looks, [...first.job.rules.looks, 35, 40, 45, 50, 55, 60]);
  assert.deepEqual(
    pooled.rounds.map(({ round }) => round),
    Array.from({ length: 44 }, (_, index) => index),
  );
  const judgement = judgePooled([first, second]);
  assert.equal(judgement.rounds.s, 44);
  assert.equal(judgement.metrics[0]!.effects.length, 44);
  assert.equal(judgement.wallMs, first.end!.wallMs + second.end!.wallMs);
  assert.equal(JSON.stringify(judgePooled([first])), JSON.stringify(judge(first)));
  const other = { ...second, job: { ...second.job, rerunKey: "another" } };
  assert.throws(() => poolAttempts([first, other]), /different jobs/);
});
