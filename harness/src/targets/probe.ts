/** Proof that a broker works: a topic is made, one message written, confirmed, read back, and the topic removed. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError } from "../errors.ts";
import type { Endpoint } from "../load/protocol.ts";
import { ControlConnection } from "./wire/connection.ts";
import { encodeSingle } from "./wire/record-batch.ts";

export interface ProbeOptions {
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** False for a target that keeps no message: a confirmed write is all there is. */
  readonly readsBack: boolean;
}

const RETRY_MS = 25;
const FETCH_WAIT_MS = 500;
const REQUEST_TIMEOUT_MS = 5000;

/**
 * Tries again until a message has travelled. Throws the abort reason, or TARGET_UNREACHABLE with the last obstacle
 * once the time is over.
 */
export async function probe(options: ProbeOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    try {
      return await attempt(options);
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      if (!(error instanceof HarnessError) || error.code !== "TARGET_UNREACHABLE") throw error;
      if (performance.now() > deadline) {
        throw new HarnessError(
          "TARGET_UNREACHABLE",
          `no message travelled within ${Math.round(options.timeoutMs / 1000)} s: ${error.message}`,
          { cause: error },
        );
      }
    }
    await sleep(RETRY_MS);
  }
}

async function attempt({ endpoint, signal, readsBack }: ProbeOptions): Promise<void> {
  using connection = await ControlConnection.open(endpoint, signal);
  const disposeOnAbort = (): void => connection[Symbol.dispose]();
  signal.addEventListener("abort", disposeOnAbort, { once: true });
  const topic = `brokermark-probe-${randomBytes(6).toString("hex")}`;
  try {
    await createTopic(connection, topic);
    try {
      await sendAndRead(connection, topic, readsBack);
    } finally {
      await deleteTopic(connection, topic).catch(() => undefined);
    }
  } finally {
    signal.removeEventListener("abort", disposeOnAbort);
  }
}

async function createTopic(connection: ControlConnection, topic: string): Promise<void> {
  const created = await connection.request("createTopics", {
    topics: [{ name: topic, numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: REQUEST_TIMEOUT_MS,
  });
  const answer = created.topics[0];
  if (answer?.errorCode !== 0) {
    throw obstacle(
      connection,
      `cannot create a topic: error ${answer?.errorCode} ${answer?.errorMessage ?? ""}`,
    );
  }
}

async function sendAndRead(connection: ControlConnection, topic: string, readsBack: boolean): Promise<void> {
  const value = randomBytes(16);
  const records = encodeSingle(value, Date.now());
  const offset = await sendWhenLed(connection, topic, records);
  if (!readsBack) return;
  const fetched = await connection.request("fetch", {
    maxWaitMs: FETCH_WAIT_MS,
    minBytes: 1,
    maxBytes: 1 << 20,
    topics: [
      { name: topic, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 20 }] },
    ],
  });
  const partition = fetched.topics[0]?.partitions[0];
  if (partition === undefined || partition.errorCode !== 0 || !partition.records?.includes(value)) {
    throw obstacle(connection, `the probe message did not come back: error ${partition?.errorCode}`);
  }
}

/** A topic just made may have no leader for some milliseconds; making a new one each time would only add to it. */
async function sendWhenLed(connection: ControlConnection, topic: string, records: Buffer): Promise<number> {
  let errorCode: number | undefined;
  for (let tries = 0; tries < 40; tries++) {
    const produced = await connection.request("produce", {
      acks: -1,
      timeoutMs: REQUEST_TIMEOUT_MS,
      topics: [{ name: topic, partitions: [{ index: 0, records }] }],
    });
    const partition = produced.topics[0]?.partitions[0];
    if (partition?.errorCode === 0) return partition.baseOffset;
    errorCode = partition?.errorCode;
    await sleep(RETRY_MS);
  }
  throw obstacle(connection, `the probe message was not confirmed: error ${errorCode}`);
}

async function deleteTopic(connection: ControlConnection, topic: string): Promise<void> {
  const timeoutMs = REQUEST_TIMEOUT_MS;
  // Both forms: by name up to version 5, as a structure from 6 on.
  await connection.request("deleteTopics", { topics: [{ name: topic }], topicNames: [topic], timeoutMs });
}

function obstacle(connection: ControlConnection, why: string): HarnessError {
  const { host, port } = connection.endpoint;
  return new HarnessError("TARGET_UNREACHABLE", `broker at ${host}:${port}: ${why}`);
}
