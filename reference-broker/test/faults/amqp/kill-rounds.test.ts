/**
 * kill -9 under confirmed persistent load on queues, round after round on one data directory. BROKERMARK_KILL_ROUNDS
 * (default 5), BROKERMARK_KILL_SEED, BROKERMARK_TEST_DURABILITY; BROKERMARK_KILL_STATE as for the rounds on topics.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import {
  durabilityFromEnvironment,
  startBroker,
  targetFromEnvironment,
} from "../../support/broker-process.ts";
import { KILL_STATE_FILE, notePassed, passedRounds } from "../passed-rounds.ts";
import { type QueueRoundResult, runQueueRound, type Series } from "./kill-round.ts";
import { noAnomalies } from "./queue-ledger.ts";
import { planQueueRound } from "./round-plan.ts";

const ROUNDS = Number(process.env.BROKERMARK_KILL_ROUNDS ?? 5);
const SEED = Number(process.env.BROKERMARK_KILL_SEED ?? 1);
const DURABILITY = durabilityFromEnvironment();
const target = targetFromEnvironment();

function whyNot(): string | false {
  if (target !== "reference") return `not run: ${target} has no queues`;
  return DURABILITY === "none" ? "not run: class none promises nothing after a kill" : false;
}

function describeRound({ plan, ...result }: QueueRoundResult): string {
  const kills = plan.kills.map(({ afterMs }, at) => `${afterMs} ms (restart ${result.restartMs[at]} ms)`);
  const { counts, anomalies } = result;
  const load = `${plan.queues.length} queues, ${plan.publishers.length} publishers`;
  const head = `round ${plan.round} ${DURABILITY}: ${load}, killed at ${kills.join(", ")}, ${result.killedStarts} starts killed`;
  if (counts === null) return `${head}; left for a later round`;
  const text = (row: object) =>
    Object.entries(row)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  return [
    `${head}; judged with rounds ${result.judgedRounds.join(", ")}: ${text(counts)}`,
    `; ${text(anomalies)}, resurrected ${result.resurrected}`,
  ].join("");
}

function assertRound({ anomalies, counts, resurrected, findings }: QueueRoundResult): void {
  assert.deepEqual(anomalies, noAnomalies(), findings.join("\n"));
  assert.equal(resurrected, 0, "a queue that was read to its end is empty after a kill");
  assert.ok(counts === null || counts.confirmed > 0, "the load was confirmed");
}

describe(`${ROUNDS} rounds of kill -9 on queues, class ${DURABILITY}`, { skip: whyNot() }, () => {
  let series: Series;
  const passed = passedRounds(KILL_STATE_FILE);
  const idOf = (round: number) => `amqp ${DURABILITY} ${SEED} ${round}`;

  before(async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), "brokermark-kill-queues-"));
    const broker = await startBroker({ target, dataDir });
    series = { broker, numbers: { next: 1 }, holdings: [], emptied: [] };
  });
  after(async () => {
    await series.broker.stop();
    await rm(series.broker.dataDir, { recursive: true, force: true });
  });

  for (let round = 1; round <= ROUNDS; round++) {
    const skip = passed.has(idOf(round)) ? "passed before" : false;
    it(`round ${round} of seed ${SEED}`, { skip }, async (context) => {
      const result = await runQueueRound(planQueueRound(SEED, round), series, round === ROUNDS);
      context.diagnostic(describeRound(result));
      assertRound(result);
      notePassed(KILL_STATE_FILE, result.judgedRounds.map(idOf));
    });
  }
});
