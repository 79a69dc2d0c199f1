/**
 * Bad input over raw sockets: never a crash, nobody else's data touched, memory bounded.
 * BROKERMARK_FUZZ_CASES (default 10,000), BROKERMARK_FUZZ_SEED and BROKERMARK_FUZZ_PATH replay a failure.
 */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import fc from "fast-check";
import {
  type BrokerProcess,
  readProcessCost,
  startBroker,
  type TargetName,
  targetFromEnvironment,
} from "../support/broker-process.ts";
import { connectWhenReady, createTopic } from "../support/client.ts";
import type { Connection } from "../support/connection.ts";
import { deleteTopicsRequest, metadataRequest, readMetadataResponse } from "../support/wire-requests.ts";
import { type FuzzCase, fuzzCase } from "./cases.ts";
import { exchange, type Outcome } from "./exchange.ts";
import { Innocent } from "./innocent.ts";
import { validRequests } from "./valid-requests.ts";

const CASES = Number(process.env.BROKERMARK_FUZZ_CASES ?? 10_000);
const SEED = Number(process.env.BROKERMARK_FUZZ_SEED ?? Date.now() % 0x7fffffff);
const PATH = process.env.BROKERMARK_FUZZ_PATH;
const CASES_PER_RUN = 50;
const RUNS_BETWEEN_FULL_CHECKS = 50;

const TARGET_TOPIC = "fuzz";
const KEPT_TOPICS = [TARGET_TOPIC, "innocent"];
/** Kafka is run with a heap of 512 MiB. */
const PEAK_RSS_LIMIT_BYTES: Readonly<Record<TargetName, number>> = {
  reference: 512 * 1024 * 1024,
  kafka: 1536 * 1024 * 1024,
};
const KAFKA_SETTINGS = { "transaction.state.log.num.partitions": "1", "offsets.topic.num.partitions": "1" };

interface Surroundings {
  readonly broker: BrokerProcess;
  readonly innocent: Innocent;
  readonly control: Connection;
}

const target = targetFromEnvironment();
const PATIENCE =
  target === "kafka"
    ? { silenceLimitMs: 1000, silenceAllowed: true }
    : { silenceLimitMs: 10_000, silenceAllowed: false };
let surroundings: Surroundings;

async function start(): Promise<Surroundings> {
  const broker = await startBroker({ target, settings: target === "kafka" ? KAFKA_SETTINGS : {} });
  const control = await connectWhenReady(broker.host, broker.port);
  await createTopic(control, TARGET_TOPIC, 1);
  return { broker, control, innocent: await Innocent.start(broker.host, broker.port) };
}

async function stop({ broker, innocent, control }: Surroundings): Promise<void> {
  innocent.close();
  control.close();
  await broker.discard();
}

before(async () => {
  surroundings = await start();
});
after(async () => {
  if (surroundings !== undefined) await stop(surroundings);
});

it(`${CASES} cases of bad input`, async (context) => {
  context.diagnostic(
    `BROKERMARK_FUZZ_SEED=${SEED}${PATH === undefined ? "" : ` BROKERMARK_FUZZ_PATH=${PATH}`}`,
  );
  const seen = new Map<string, number>();
  let runs = 0;
  const cases = fc.array(fuzzCase(TARGET_TOPIC, validRequests(TARGET_TOPIC)), {
    ...{ minLength: CASES_PER_RUN, maxLength: CASES_PER_RUN, size: "max" as const },
  });
  const property = fc.asyncProperty(cases, async (batch) => {
    await runCases(surroundings, batch, seen);
    runs += 1;
    if (runs % RUNS_BETWEEN_FULL_CHECKS === 0) {
      await surroundings.innocent.checkEverything();
      await removeStrayTopics(surroundings.control);
    }
  });
  // A failure names the bytes that caused it; shrinking fifty cases against a broken broker would tell less.
  const replay = PATH === undefined ? {} : { path: PATH };
  const numRuns = Math.ceil(CASES / CASES_PER_RUN);
  await fc.assert(property, { seed: SEED, numRuns, endOnFailure: true, ...replay });
  await surroundings.innocent.checkEverything();
  const cost = readProcessCost(surroundings.broker.pid);
  for (const [what, count] of [...seen].sort()) context.diagnostic(`${what}: ${count}`);
  const sent = runs * CASES_PER_RUN;
  assert.ok(sent >= CASES || PATH !== undefined, `${sent} cases were sent`);
  if (cost === null) return context.diagnostic("peak RSS not checked: no /proc here");
  context.diagnostic(`peak RSS ${(cost.peakRssBytes / 1_048_576).toFixed(0)} MiB after ${sent} cases`);
  assert.ok(cost.peakRssBytes < PEAK_RSS_LIMIT_BYTES[target], `peak RSS ${cost.peakRssBytes}`);
});

async function runCases(
  { broker, innocent }: Surroundings,
  batch: readonly FuzzCase[],
  seen: Map<string, number>,
): Promise<void> {
  const outcomes = await Promise.all(
    batch.map((one) =>
      exchange(broker.host, broker.port, one, PATIENCE).catch((error: Error) => {
        const log = broker.exited() ? `\nthe broker ended\n${broker.log()}` : "";
        throw new Error(`${one.kind}: ${error.message}\n${one.bytes.toString("hex")}${log}`);
      }),
    ),
  );
  for (const [at, one] of batch.entries()) count(seen, one, outcomes[at]!);
  assert.ok(!broker.exited(), `the broker ended\n${broker.log()}`);
  await innocent.checkAlive();
}

function count(seen: Map<string, number>, { kind }: FuzzCase, outcome: Outcome): void {
  const what = `${kind}, ${outcome}`;
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

/** A damaged request may well create a topic. They would add up over a million cases. */
async function removeStrayTopics(control: Connection): Promise<void> {
  const topics = readMetadataResponse(await control.send(metadataRequest(null)));
  const names = topics.map(({ name }) => name ?? "");
  const stray = names.filter((name) => !KEPT_TOPICS.includes(name) && !name.startsWith("__"));
  if (stray.length > 0) await control.send(deleteTopicsRequest(stray));
}
