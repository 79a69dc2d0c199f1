import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../../src/gate/judge/judge.ts";
import { compareGates } from "../../../src/gate/proof/other-gates.ts";
import { rateOf } from "../../../src/gate/proof/rates.ts";
import { replaySigns } from "../../../src/gate/proof/replay-signs.ts";
import { tally } from "../../../src/gate/proof/tally.ts";
import { renderGates, renderReplay, renderTally } from "../../../src/terminal/gate-proof-table.ts";
import { gateEvidence } from "../gate-fixture.ts";

const CALM = [{ name: "s", protocol: "kafka" }] as const;
const equal = Array.from({ length: 5 }, (_, seed) =>
  gateEvidence({ seed: seed + 1, scenarios: CALM, rounds: 8, noise: 0.015 }),
);

test("turning the signs of equal sides' rounds alarms rarely; an effect put on top is found in the metric it is put in", () => {
  const options = { jobs: 300, seed: "test", effects: [0.08] };
  const [none, ...worse] = replaySigns(equal, options);
  assert.deepEqual([none!.metric, none!.rounds, none!.jobs], [null, 40, 300]);
  assert.ok(none!.regress.hits <= 9, `${none!.regress.hits} of 300`);
  // The others differ by less than their floors in most rounds and are judged without a test.
  assert.deepEqual(
    worse.map(({ metric }) => metric),
    ["throughput", "cpuPerMessage", "memory"],
  );
  for (const { metric, regress } of worse) assert.ok(regress.hits >= 27, `${metric}: ${regress.hits}`);
  assert.equal(JSON.stringify(replaySigns(equal, options)[0]), JSON.stringify(none));
  assert.match(renderReplay([none!]), /nothing +0\.0 % +40 +300/);
});

test("the same raw data is judged by the rules of other gates", () => {
  const noisy = gateEvidence({ seed: 3, scenarios: CALM, rounds: 8, noise: 0.08 });
  const worse = gateEvidence({
    ...{ seed: 4, rounds: 14, noise: 0.005 },
    scenarios: [{ ...CALM[0], worse: { throughput: 0.3 } }],
  });
  const alarms = (evidences: readonly (typeof noisy)[]) =>
    Object.fromEntries(compareGates(evidences).map(({ name, alarms: { hits } }) => [name, hits]));
  assert.deepEqual(alarms([worse]), {
    "plain ratio": 1,
    "benchmark-action, 200 %": 0,
    "benchmark-action, 110 %": 1,
    "Mann-Whitney": 1,
    "in-process t": 1,
    "brokermark gate": 1,
  });
  assert.equal(alarms([noisy])["brokermark gate"], 0);
  // Slices of one pair of processes agree among themselves: what differs is the pair.
  const falseAlarms = Array.from({ length: 10 }, (_, seed) =>
    gateEvidence({ seed: seed + 20, scenarios: CALM, rounds: 2, noise: 0.04 }),
  );
  assert.ok(alarms(falseAlarms)["in-process t"]! >= 5);
  assert.equal(alarms([gateEvidence({ rounds: 0 })])["plain ratio"], 0);
  assert.match(renderGates(compareGates([worse])), /brokermark gate +1 of 1 +100\.0 %/);
});

test("real jobs are counted with their bounds, their reasons and what each metric did", () => {
  const failed = gateEvidence({ scenarios: CALM, rounds: 4 });
  const worse = gateEvidence({ scenarios: [{ ...CALM[0], worse: { cpuPerMessage: 0.2 } }], rounds: 14 });
  const counted = tally([...equal, failed, worse].map(judge));
  assert.deepEqual(counted.verdicts.pass, rateOf(5, 7));
  assert.deepEqual([counted.verdicts.regress.hits, counted.reasons], [1, { short: 1 }]);
  assert.deepEqual(
    counted.metrics.find(({ metric }) => metric === "cpuPerMessage"),
    { metric: "cpuPerMessage", worse: 1, better: 0, inconclusive: 1 },
  );
  assert.match(renderTally(counted), /pass +5 of 7 +71\.4 % +\[34\.1 %, 94\.7 %\]/);
});
