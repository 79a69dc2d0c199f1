/** One round on queues: load, kill -9 at moments the seed chose, starts that are killed too, then read and judge. */
import type { ChannelModel } from "amqplib";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { drainQueue } from "./consume.ts";
import { startAndKill } from "./killed-start.ts";
import { type Holding, type NumberSource, open, pause, QueueLoad } from "./load.ts";
import { type Anomalies, type Counts, noAnomalies, QueueLedger } from "./queue-ledger.ts";
import type { QueueRoundPlan } from "./round-plan.ts";
import { deadQueueOf } from "./topology.ts";

/** Load after the last start, so that the broker is seen to go on. */
const LAST_LOAD_MS = 150;
/** For dead letters that are still on their way, and messages that expire meanwhile. */
const DRAIN_LIMIT_MS = 10_000;

/** A series on one data directory. */
export interface Series {
  broker: BrokerProcess;
  readonly numbers: NumberSource;
  /** Queues with messages, of this round and of earlier ones. */
  readonly holdings: Holding[];
  /** Read to their end: nothing may come back after a further kill. */
  readonly emptied: Holding[];
}

export interface QueueRoundResult {
  readonly plan: QueueRoundPlan;
  readonly restartMs: readonly number[];
  readonly killedStarts: number;
  /** Rounds judged by this one; none when its queues are left for a later one. */
  readonly judgedRounds: readonly number[];
  readonly counts: Counts | null;
  readonly anomalies: Anomalies;
  /** Messages in queues that an earlier round had read to their end. */
  readonly resurrected: number;
  readonly findings: readonly string[];
}

export async function runQueueRound(
  plan: QueueRoundPlan,
  series: Series,
  isLast: boolean,
): Promise<QueueRoundResult> {
  const holdings = plan.queues.map((queue) => ({ round: plan.round, queue, ledger: new QueueLedger() }));
  series.holdings.push(...holdings);
  const restartMs: number[] = [];
  let killedStarts = 0;
  const startLoad = async (life: number) =>
    QueueLoad.start((await series.broker.amqp).port, plan, life, holdings, series.numbers);
  let load = await startLoad(0);
  for (const [at, { afterMs, startsKilledAt }] of plan.kills.entries()) {
    await pause(afterMs);
    await series.broker.kill();
    await load.ended();
    const { target, dataDir, startupMs } = series.broker;
    for (const part of startsKilledAt) await startAndKill(dataDir, part * startupMs);
    killedStarts += startsKilledAt.length;
    series.broker = await startBroker({ target, dataDir });
    restartMs.push(Math.round(series.broker.startupMs));
    for (const { ledger } of series.holdings) ledger.restarted();
    load = await startLoad(at + 1);
  }
  await pause(LAST_LOAD_MS);
  await load.stop();
  const resurrected = await deleteEmptied(series);
  const judged = plan.drains || isLast ? await judgeAll(series) : [];
  return {
    ...{ plan, restartMs, killedStarts, resurrected },
    judgedRounds: [...new Set(judged.map(({ round }) => round))],
    counts: sum(judged.map(({ counts }) => counts)),
    anomalies: sum(judged.map(({ anomalies }) => anomalies)) ?? noAnomalies(),
    findings: judged.flatMap(({ findings }) => findings),
  };
}

async function deleteEmptied({ broker, emptied }: Series): Promise<number> {
  const connection = await open((await broker.amqp).port);
  const channel = await connection.createChannel();
  let messages = 0;
  for (const { queue } of emptied.splice(0)) {
    for (const name of [queue.name, ...(queue.deadLetterExchange === "" ? [] : [deadQueueOf(queue)])]) {
      messages += (await channel.deleteQueue(name)).messageCount;
    }
  }
  await connection.close();
  return messages;
}

async function judgeAll(series: Series) {
  const connection = await open((await series.broker.amqp).port);
  const judged = [];
  for (const holding of series.holdings.splice(0)) {
    judged.push({ round: holding.round, ...(await judgeHolding(connection, holding)) });
    series.emptied.push(holding);
  }
  await connection.close();
  return judged;
}

/** Reads the queue and that of its dead letters to their ends; waits for confirmed messages that are missing. */
export async function judgeHolding(
  connection: ChannelModel,
  { queue, ledger }: Holding,
  patienceMs = DRAIN_LIMIT_MS,
) {
  const deadline = performance.now() + patienceMs;
  for (let read = 1; read > 0 || (!ledger.isAccounted && performance.now() < deadline); ) {
    read = await drainQueue(connection, queue.name, "live", ledger);
    if (queue.deadLetterExchange !== "") {
      read += await drainQueue(connection, deadQueueOf(queue), "dead", ledger);
    }
    if (read === 0 && !ledger.isAccounted) await pause(50);
  }
  const findings = ledger.findings.map((finding) => `${queue.name}: ${finding}`);
  return { ...ledger.judge(), findings };
}

function sum<Row extends { readonly [name: string]: number } | Counts | Anomalies>(
  rows: readonly Row[],
): Row | null {
  const [first] = rows;
  if (first === undefined) return null;
  const add = (name: string) =>
    rows.reduce((total, row) => total + (row as Readonly<Record<string, number>>)[name]!, 0);
  return Object.fromEntries(Object.keys(first).map((name) => [name, add(name)])) as unknown as Row;
}
