/**
 * kill -9 under load, round after round on one data directory. BROKERMARK_KILL_ROUNDS (default 5),
 * BROKERMARK_KILL_SEED; BROKERMARK_KILL_STATE names a file of rounds already passed, so that a long series resumes.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { JavaClient } from "../clients/java-client.ts";
import { kcatUnavailable } from "../clients/kcat-client.ts";
import { type BrokerProcess, startBroker, targetFromEnvironment } from "../support/broker-process.ts";
import { javaUnavailable } from "../support/kafka-install.ts";
import { type RoundResult, runKillRound } from "./kill-round.ts";
import { KILL_STATE_FILE, notePassed, passedRounds } from "./passed-rounds.ts";
import { planRound } from "./round-plan.ts";

const ROUNDS = Number(process.env.BROKERMARK_KILL_ROUNDS ?? 5);
const SEED = Number(process.env.BROKERMARK_KILL_SEED ?? 1);
const noJava = javaUnavailable();
const withKcat = kcatUnavailable() === null;

function describeRound({ plan, java, kafkajs, ...result }: RoundResult): string {
  const kills = plan.killsAfterMs
    .map((after, at) => `${after} ms (restart ${result.restartMs[at]} ms)`)
    .join(", ");
  return [
    `round ${plan.round}: ${plan.partitions} partitions, ${plan.payloadBytes} B ${plan.codec}, killed at ${kills}`,
    plan.tornTail ? `, ${result.tornBytes} torn bytes` : "",
    `; idempotent ${result.javaAcknowledged} acknowledged, ${java.stored} stored, lost ${java.lost},`,
    ` duplicated ${java.duplicated}, reordered ${java.reordered}, holes ${java.holes}`,
    `; acks=1 ${result.kafkajsAcknowledged} acknowledged, ${kafkajs.stored} stored, lost ${kafkajs.lost},`,
    ` duplicated ${kafkajs.duplicated} (legal)`,
    result.kcatAgrees === null ? "; kcat not run" : `; kcat ${result.kcatAgrees ? "agrees" : "DIFFERS"}`,
  ].join("");
}

function assertRound({ java, kafkajs, ...result }: RoundResult): void {
  assert.deepEqual(result.failures, []);
  const clean = { lost: 0, duplicated: 0, reordered: 0, misplaced: 0, holes: 0 };
  // Everything sent was acknowledged in the end, so that the log holds it and nothing else.
  assert.deepEqual(java, { stored: result.javaAcknowledged, ...clean }, "idempotent, acks=all");
  assert.deepEqual({ ...kafkajs, stored: 0, duplicated: 0 }, { stored: 0, ...clean }, "acks=1");
  assert.notEqual(result.kcatAgrees, false, "kcat reads what Java reads");
}

describe(`${ROUNDS} rounds of kill -9`, { skip: noJava === null ? false : `not run: ${noJava}` }, () => {
  let dataDir: string;
  let broker: BrokerProcess;
  let java: JavaClient;
  const passed = passedRounds(KILL_STATE_FILE);

  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), "brokermark-kill-data-"));
    broker = await startBroker({ target: targetFromEnvironment(), dataDir });
    java = new JavaClient();
  });
  after(async () => {
    await java?.close();
    await broker?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  for (let round = 1; round <= ROUNDS; round++) {
    const id = `${targetFromEnvironment()} ${SEED} ${round}`;
    it(`round ${round} of seed ${SEED}`, {
      skip: passed.has(id) ? "passed before" : false,
    }, async (context) => {
      const done = await runKillRound(planRound(SEED, round), { broker, java, withKcat });
      broker = done.broker;
      context.diagnostic(describeRound(done.result));
      assertRound(done.result);
      notePassed(KILL_STATE_FILE, [id]);
    });
  }
});
