import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RoundLine, SideName } from "../../../src/gate/evidence.ts";
import { effectsOf } from "../../../src/gate/judge/effects.ts";
import { GATE_METRIC_NAMES } from "../../../src/gate/metrics.ts";
import { gateEvidence } from "../gate-fixture.ts";

const SWAPPED: Readonly<Record<SideName, SideName>> = {
  baseline: "candidate",
  candidate: "baseline",
  control: "control",
};

function swapSides(round: RoundLine): RoundLine {
  return {
    ...round,
    blocks: round.blocks.map(({ order, slices }) => ({
      order: order.map((side) => SWAPPED[side]),
      slices: slices.map((slice) => ({ ...slice, side: SWAPPED[slice.side] })),
    })),
    sides: { baseline: round.sides.candidate!, candidate: round.sides.baseline! },
  };
}

function mapSlices(
  round: RoundLine,
  change: (slice: RoundLine["blocks"][0]["slices"][0], block: number) => object,
) {
  return {
    ...round,
    blocks: round.blocks.map((block, index) => ({
      ...block,
      slices: block.slices.map((slice) => ({ ...slice, ...change(slice, index) })),
    })),
  };
}

test("swapping the sides negates every effect exactly; scaling a unit changes none", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 2, max: 1000 }), (seed, factor) => {
      const { rounds } = gateEvidence({ seed, rounds: 1, noise: 0.1 });
      for (const metric of GATE_METRIC_NAMES) {
        const effects = effectsOf(rounds, metric).map(({ effect }) => effect);
        const swapped = effectsOf(rounds.map(swapSides), metric).map(({ effect }) => -effect + 0);
        assert.deepEqual(swapped, effects);
      }
      const scaled = rounds.map((round) => mapSlices(round, ({ cpuNs }) => ({ cpuNs: cpuNs! * factor })));
      const cpu = (lines: readonly RoundLine[]) =>
        effectsOf(lines, "cpuPerMessage").map(({ effect }) => effect);
      const [expected, actual] = [cpu(rounds), cpu(scaled)];
      assert.equal(actual.length, expected.length);
      // Logarithms of scaled figures are rounded elsewhere.
      for (const [index, effect] of actual.entries()) {
        assert.ok(Math.abs(effect - expected[index]!) < 1e-12, `${effect}, not ${expected[index]}`);
      }
    }),
    { numRuns: 30 },
  );
});

test("an effect has the size and the sign of what was built in, whichever way is worse", () => {
  const scenarios = [
    { name: "s", protocol: "kafka", worse: { throughput: 0.05, cpuPerMessage: 0.05, memory: -0.1 } },
  ] as const;
  const { rounds } = gateEvidence({ scenarios, rounds: 1, noise: 0 });
  for (const [metric, worse] of [
    ["throughput", 0.05],
    ["cpuPerMessage", 0.05],
    ["memory", -0.1],
    ["p90", 0],
  ] as const) {
    const [only] = effectsOf(rounds, metric);
    assert.ok(Math.abs(only!.effect - Math.log1p(worse)) < 0.01, `${metric}: ${only!.effect}`);
    assert.equal(only!.round, 0);
  }
});

test("a spoilt minority of blocks moves nothing much; a slice without a confirmation counts against its side", () => {
  const [round] = gateEvidence({ rounds: 1, scenarios: [{ name: "s", protocol: "kafka" }], noise: 0 }).rounds;
  const spoilt = mapSlices(round!, (slice, block) =>
    block < 3 && slice.side === "candidate" ? { messages: Math.round(slice.messages / 10) } : {},
  );
  assert.ok(Math.abs(effectsOf([spoilt], "throughput")[0]!.effect) < 0.02);
  const silent = mapSlices(round!, ({ side }) => (side === "candidate" ? { messages: 0 } : {}));
  assert.ok(effectsOf([silent], "throughput")[0]!.effect > 5);
  assert.deepEqual(effectsOf([silent], "cpuPerMessage"), []);
});

test("slices with too few confirmations give way to the whole round's percentile, and that to nothing", () => {
  const [round] = gateEvidence({ rounds: 1, scenarios: [{ name: "s", protocol: "kafka" }] }).rounds;
  const sparse = mapSlices(round!, () => ({ samples: 60 }));
  const pooled = { ...sparse.sides.baseline!, samples: 4000, p90: 100, p99: 1000 };
  const sides = { baseline: pooled, candidate: { ...pooled, p90: 110, p99: 1500 } };
  assert.equal(effectsOf([{ ...sparse, sides }], "p90")[0]!.effect, Math.log(110) - Math.log(100));
  assert.equal(effectsOf([{ ...sparse, sides }], "p99")[0]!.candidate, 1500);
  const few = { baseline: { ...pooled, samples: 400 }, candidate: { ...pooled, samples: 400 } };
  assert.deepEqual(effectsOf([{ ...sparse, sides: few }], "p99"), []);
});

test("differences below a metric's floor are alike, and nothing used has an effect where a floor stands for it", () => {
  const [round] = gateEvidence({ rounds: 1, scenarios: [{ name: "s", protocol: "kafka" }], noise: 0 }).rounds;
  const [baseline, candidate] = [round!.sides.baseline!, round!.sides.candidate!];
  const of = (peakRssBytes: number, idleCpuCores: number): RoundLine => ({
    ...round!,
    sides: { baseline, candidate: { ...candidate, peakRssBytes, idleCpuCores } },
  });
  const rss = baseline.peakRssBytes!;
  assert.equal(effectsOf([of(rss + 900_000, 0)], "memory")[0]!.alike, true);
  assert.equal(effectsOf([of(rss + 1_100_000, 0)], "memory")[0]!.alike, false);
  const idle = baseline.idleCpuCores!;
  assert.equal(effectsOf([of(rss, 0)], "idleCpu")[0]!.effect, Math.log(0.01) - Math.log(idle));
  assert.equal(effectsOf([of(rss, idle)], "idleCpu")[0]!.effect, 0);
});
