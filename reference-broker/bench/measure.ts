/** One repetition on one target: idle, loaded to its maximum, then at a tenth of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { readProcessCost, startBroker, type TargetName } from "../test/support/broker-process.ts";
import { connectWhenReady, createTopic, produceWhenLed } from "../test/support/client.ts";
import { encodeBatch } from "../test/support/wire-batch.ts";
import { CONNECTIONS, closedLoop, type OpenLoopResult, openLoop } from "./producer-load.ts";

const TOPIC = "bench";
const SETTLE_MS = 1000;

export interface Durations {
  /** After start, before the idle window begins. */
  readonly quietMs: number;
  readonly idleMs: number;
  readonly warmupMs: Readonly<Record<TargetName, number>>;
  readonly maximumMs: number;
  readonly openLoopMs: number;
}

export interface Repetition {
  /** Parts of one core; null where there is no /proc. */
  readonly idleCpu: number | null;
  readonly rssAfterStartBytes: number | null;
  readonly rssAfterLoadBytes: number | null;
  readonly maximumRequestsPerSecond: number;
  readonly generatorCpuAtMaximum: number;
  readonly tenth: OpenLoopResult;
}

export async function measureTarget(
  target: TargetName,
  entry: string,
  durations: Durations,
): Promise<Repetition> {
  const broker = await startBroker({ target, entry, durability: "os" });
  try {
    await pause(durations.quietMs);
    const idleBefore = readProcessCost(broker.pid);
    await pause(durations.idleMs);
    const idleAfter = readProcessCost(broker.pid);
    const connection = await connectWhenReady(broker.host, broker.port);
    await createTopic(connection, TOPIC, CONNECTIONS);
    for (let partition = 0; partition < CONNECTIONS; partition++) {
      await produceWhenLed(connection, TOPIC, partition, encodeBatch([{ value: null }]));
    }
    connection.close();
    await closedLoop(broker, TOPIC, durations.warmupMs[target]);
    const maximum = await closedLoop(broker, TOPIC, durations.maximumMs);
    await pause(SETTLE_MS);
    const rate = maximum.requestsPerSecond / 10;
    const tenth = await openLoop(broker, TOPIC, rate, durations.openLoopMs / 5, durations.openLoopMs);
    return {
      idleCpu: idleBefore && idleAfter ? (idleAfter.cpuMs - idleBefore.cpuMs) / durations.idleMs : null,
      rssAfterStartBytes: idleAfter?.rssBytes ?? null,
      rssAfterLoadBytes: readProcessCost(broker.pid)?.rssBytes ?? null,
      maximumRequestsPerSecond: maximum.requestsPerSecond,
      generatorCpuAtMaximum: maximum.generatorCpu,
      tenth,
    };
  } finally {
    await broker.discard();
  }
}

export interface GeneratorLimit {
  readonly maximumRequestsPerSecond: number;
  /** At the same rate as the fastest target's tenth. */
  readonly atTenth: OpenLoopResult;
}

/** The same loops against a sink that answers at once. */
export async function measureGenerator(
  requestsPerSecond: number,
  durations: Durations,
): Promise<GeneratorLimit> {
  const script = fileURLToPath(new URL("null-sink.ts", import.meta.url));
  const sink = spawn(process.execPath, [script, TOPIC], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const [line] = (await once(sink.stdout!, "data")) as [Buffer];
    const endpoint = { host: "127.0.0.1", port: Number(line.toString("utf8")) };
    await closedLoop(endpoint, TOPIC, durations.maximumMs / 2);
    const maximum = await closedLoop(endpoint, TOPIC, durations.maximumMs);
    const atTenth = await openLoop(
      ...([endpoint, TOPIC, requestsPerSecond, durations.openLoopMs / 5, durations.openLoopMs] as const),
    );
    return { maximumRequestsPerSecond: maximum.requestsPerSecond, atTenth };
  } finally {
    await endProcess(sink);
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
