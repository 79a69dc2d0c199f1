/** One round: load, kill -9 at a moment the seed chose, restart on the same port and data, continue, read everything. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { JavaClient } from "../clients/java-client.ts";
import { runKcat } from "../clients/kcat-client.ts";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { connectWhenReady, createTopic } from "../support/client.ts";
import { type Entry, judge, parseEntries, type Verdict } from "./history.ts";
import { KafkajsWriter } from "./kafkajs-writer.ts";
import type { RoundPlan } from "./round-plan.ts";
import { tearTails } from "./torn-tail.ts";

const PROGRESS_MESSAGES = 200;
const PROGRESS_LIMIT_MS = 90_000;

export interface RoundResult {
  readonly plan: RoundPlan;
  /** Java's idempotent producer, acks=all. */
  readonly java: Verdict;
  readonly javaAcknowledged: number;
  /** Messages given up by the Java client; none may be. */
  readonly failures: readonly string[];
  /** kafkajs, acks=1 and no idempotence: duplicates are legal. */
  readonly kafkajs: Verdict;
  readonly kafkajsAcknowledged: number;
  /** Both readers see the same log. Null without kcat. */
  readonly kcatAgrees: boolean | null;
  readonly tornBytes: number;
  readonly restartMs: readonly number[];
}

interface Surroundings {
  readonly broker: BrokerProcess;
  readonly java: JavaClient;
  readonly withKcat: boolean;
}

/** Returns the broker that runs at the end, to be used for the next round, beside the result. */
export async function runKillRound(
  plan: RoundPlan,
  { broker, java, withKcat }: Surroundings,
): Promise<{ broker: BrokerProcess; result: RoundResult }> {
  const folder = await mkdtemp(path.join(tmpdir(), "brokermark-kill-"));
  const topics = { java: `kill-java-${plan.round}`, kafkajs: `kill-kafkajs-${plan.round}` };
  try {
    await createTopics(broker, [topics.java, topics.kafkajs], plan.partitions);
    await java.call("startPublishing", publishing(broker, plan, topics.java, path.join(folder, "acks")));
    const kafkajs = new KafkajsWriter(broker.bootstrap, topics.kafkajs, plan.partitions);
    const killed = await killAndRestart(broker, plan, java, kafkajs, topics.java);
    await kafkajs.stop();
    const outcome = await java.call<{ acknowledged: number; failures: string[] }>("stopPublishing");
    const acknowledged = parseEntries(await readFile(path.join(folder, "acks"), "utf8"));
    const read = (topic: string) => dump(java, killed.broker, topic, plan.partitions, folder);
    const stored = await read(topics.java);
    const kcat = withKcat ? await kcatDump(killed.broker, topics.java) : null;
    const result: RoundResult = {
      plan,
      java: judge(acknowledged, stored),
      javaAcknowledged: outcome.acknowledged,
      failures: outcome.failures,
      kafkajs: judge(kafkajs.acknowledged, await read(topics.kafkajs)),
      kafkajsAcknowledged: kafkajs.acknowledged.length,
      kcatAgrees: kcat === null ? null : sorted(kcat) === sorted(stored),
      tornBytes: killed.tornBytes,
      restartMs: killed.restartMs,
    };
    return { broker: killed.broker, result };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function createTopics(
  broker: BrokerProcess,
  topics: readonly string[],
  partitions: number,
): Promise<void> {
  const connection = await connectWhenReady(broker.host, broker.port);
  for (const topic of topics) await createTopic(connection, topic, partitions);
  connection.close();
}

function publishing(broker: BrokerProcess, plan: RoundPlan, topic: string, ackFile: string) {
  const config = {
    ...{ acks: "all", "compression.type": plan.codec, "linger.ms": String(plan.lingerMs) },
    ...{ "retry.backoff.ms": "50", "reconnect.backoff.ms": "50", "reconnect.backoff.max.ms": "200" },
    ...{ "max.block.ms": "120000", "delivery.timeout.ms": "120000" },
  };
  const { partitions, payloadBytes } = plan;
  return { bootstrap: broker.bootstrap, topic, partitions, payloadBytes, ackFile, config };
}

async function killAndRestart(
  first: BrokerProcess,
  plan: RoundPlan,
  java: JavaClient,
  kafkajs: KafkajsWriter,
  topic: string,
): Promise<{ broker: BrokerProcess; tornBytes: number; restartMs: number[] }> {
  let broker = first;
  let tornBytes = 0;
  const restartMs: number[] = [];
  await progress(java, kafkajs);
  for (const killAfterMs of plan.killsAfterMs) {
    await pause(killAfterMs);
    await broker.kill();
    if (plan.tornTail) tornBytes += await tearTails(broker.dataDir, topic, plan.tornAt);
    const { target, dataDir, port } = broker;
    broker = await startBroker({ target, dataDir, port });
    restartMs.push(Math.round(broker.startupMs));
    await progress(java, kafkajs);
  }
  return { broker, tornBytes, restartMs };
}

/** Both writers have had further messages acknowledged. */
async function progress(java: JavaClient, kafkajs: KafkajsWriter): Promise<void> {
  const javaTarget = (await java.call<number>("published")) + PROGRESS_MESSAGES;
  const kafkajsTarget = kafkajs.acknowledged.length + PROGRESS_MESSAGES;
  const deadline = performance.now() + PROGRESS_LIMIT_MS;
  while ((await java.call<number>("published")) < javaTarget || kafkajs.acknowledged.length < kafkajsTarget) {
    if (performance.now() > deadline) throw new Error("writers do not get on");
    await pause(20);
  }
}

async function dump(
  java: JavaClient,
  broker: BrokerProcess,
  topic: string,
  partitions: number,
  folder: string,
): Promise<Entry[]> {
  const file = path.join(folder, topic);
  await java.call("dump", { bootstrap: broker.bootstrap, topic, partitions, file });
  return parseEntries(await readFile(file, "utf8"));
}

async function kcatDump(broker: BrokerProcess, topic: string): Promise<Entry[]> {
  const from = ["-C", "-q", "-e", "-o", "beginning", "-b", broker.bootstrap, "-t", topic];
  const output = await runKcat([...from, "-X", "check.crcs=true", "-f", "%p %o %k\n"]);
  return parseEntries(output.toString("latin1"));
}

function sorted(entries: readonly Entry[]): string {
  return entries
    .map(({ partition, offset, sequence }) => `${partition} ${String(offset).padStart(12)} ${sequence}`)
    .sort()
    .join("\n");
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
