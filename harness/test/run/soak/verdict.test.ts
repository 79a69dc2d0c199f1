import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { totalCounts } from "../../../src/run/integrity-verdict.ts";
import { judgeSoak, judgeTrend, type SoakFindings, type SoakSample } from "../../../src/run/soak/verdict.ts";

const MIB = 1024 ** 2;

function samplesOf(rssMib: (index: number) => number, count = 36): SoakSample[] {
  return Array.from({ length: count }, (_, index) => ({
    atMs: 5_000 * (index + 1),
    rssBytes: rssMib(index) * MIB,
    heapUsedBytes: null,
    descriptors: 40,
    loopDelayP99Us: 1_000 + (index % 3) * 100,
    probeP90Us: 2_000 + (index % 5) * 100,
  }));
}

/** A sawtooth, as a collector makes it. */
const level = (index: number) => 150 + (index % 4) * 2;

const findings: SoakFindings = {
  samples: samplesOf(level),
  counts: { ...totalCounts([], []), confirmed: 1_000, delivered: 1_000 },
  errors: {},
  descriptors: { before: 30, after: 30 },
};

describe("a soak", () => {
  test("passes when nothing rose, nothing was lost and all descriptors were given back", () => {
    const { outcome, reasons, trends } = judgeSoak(findings);
    assert.deepEqual([outcome, reasons], ["passed", []]);
    assert.deepEqual(
      trends.map(({ verdict }) => verdict),
      ["steady", "steady", "steady"],
    );
  });

  test("fails when memory rises beyond the tolerance over the second half", () => {
    const { outcome, reasons } = judgeSoak({ ...findings, samples: samplesOf((index) => 150 + 2 * index) });
    assert.equal(outcome, "failed");
    assert.match(reasons[0]!, /resident memory rose by 3\d\.\d MiB .*tolerated 2\d\.\d MiB/);
  });

  test("does not mind what memory did in the first half", () => {
    const samples = samplesOf((index) => (index < 18 ? 50 + 6 * index : level(index)));
    assert.equal(judgeSoak({ ...findings, samples }).outcome, "passed");
  });

  test("cannot tell when memory jumps about more than it may rise, or with too few samples", () => {
    const wild = judgeSoak({ ...findings, samples: samplesOf((index) => 150 + ((index * 37) % 11) * 20) });
    assert.equal(wild.outcome, "inconclusive");
    assert.match(wild.reasons[0]!, /may have risen.*run longer/);
    const short = judgeSoak({ ...findings, samples: samplesOf(level, 12) });
    assert.equal(short.outcome, "inconclusive");
    assert.match(short.reasons[0]!, /too few samples/);
  });

  test("fails when descriptors stay, or a publisher was refused", () => {
    const leaked = judgeSoak({ ...findings, descriptors: { before: 30, after: 33 } });
    assert.equal(leaked.outcome, "failed");
    assert.match(leaked.reasons[0]!, /^3 descriptors more/);
    const refused = judgeSoak({ ...findings, errors: { NACK: 2 } });
    assert.deepEqual([refused.outcome, refused.reasons], ["failed", ["publishers were answered 2 x NACK"]]);
  });

  test("with a message lost is told by that first, whatever else is wrong", () => {
    const counts = { ...findings.counts, lost: 1 };
    const { outcome, reasons } = judgeSoak({ ...findings, counts, descriptors: { before: 1, after: 2 } });
    assert.equal(outcome, "integrity");
    assert.equal(reasons[0], "1 messages lost");
  });
});

test("the tolerance is a share of the median, and at least a floor", () => {
  assert.equal(
    judgeTrend(
      "rssBytes",
      samplesOf(() => 50),
    )!.tolerance,
    16 * MIB,
  );
  assert.equal(
    judgeTrend(
      "rssBytes",
      samplesOf(() => 400),
    )!.tolerance,
    40 * MIB,
  );
});
