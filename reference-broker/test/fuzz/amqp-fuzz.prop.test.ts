/**
 * Bad AMQP input over raw sockets: never a crash, no internal error, others unharmed, memory bounded.
 * BROKERMARK_FUZZ_CASES (default 10,000), BROKERMARK_FUZZ_SEED and BROKERMARK_FUZZ_PATH replay a failure.
 */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import fc from "fast-check";
import { AmqpClient } from "../support/amqp-connection.ts";
import { publish } from "../support/amqp-frames.ts";
import { type BrokerProcess, readProcessCost, startBroker } from "../support/broker-process.ts";
import { type AmqpFuzzCase, amqpFuzzCase, STRAY_QUEUES } from "./amqp-cases.ts";
import { exchangeAmqp } from "./amqp-exchange.ts";

const CASES = Number(process.env.BROKERMARK_FUZZ_CASES ?? 10_000);
const SEED = Number(process.env.BROKERMARK_FUZZ_SEED ?? Date.now() % 0x7fffffff);
const PATH = process.env.BROKERMARK_FUZZ_PATH;
const CASES_PER_RUN = 50;
const LIMIT_MS = 20_000;
const PEAK_RSS_LIMIT_BYTES = 512 * 1024 * 1024;

let broker: BrokerProcess;
let port: number;
let innocent: AmqpClient;

before(async () => {
  broker = await startBroker({ target: "reference" });
  port = (await broker.amqp).port;
  innocent = await AmqpClient.open(port);
  await innocent.openChannel(1);
  const DECLARATION = { passive: false, durable: false, autoDelete: false, noWait: false };
  const limit = [["x-max-length", { type: "I", value: 1000 }]] as const;
  innocent.send(1, "queue.declare", { queue: "fuzz", exclusive: false, arguments: limit, ...DECLARATION });
  await innocent.expect(1, "queue.declare-ok");
  innocent.send(1, "queue.declare", { queue: "innocent", exclusive: true, arguments: [], ...DECLARATION });
  await innocent.expect(1, "queue.declare-ok");
});
after(async () => {
  innocent?.destroy();
  await broker?.discard();
});

let round = 0;
const ROUNDS_BETWEEN_CLEANINGS = 20;

/** Queues that cases declared fill with what others publish. */
async function removeStrayQueues(): Promise<void> {
  const client = await AmqpClient.open(port);
  for (const [i, queue] of STRAY_QUEUES.entries()) {
    await client.openChannel(i + 1);
    client.send(i + 1, "queue.delete", { queue, ifUnused: false, ifEmpty: false, noWait: false });
    await client.next();
  }
  client.destroy();
}

/** A connection that did nothing wrong goes on as if it were alone. */
async function checkInnocent(): Promise<void> {
  const content = Buffer.from(`innocent ${round++}`);
  innocent.write(publish(1, "", "innocent", content));
  innocent.send(1, "basic.get", { queue: "innocent", noAck: true });
  const { messageCount } = await innocent.expect(1, "basic.get-ok");
  assert.equal(messageCount, 0);
  assert.deepEqual((await innocent.content(1)).body, content);
}

it(`${CASES} cases of bad AMQP input`, async (context) => {
  context.diagnostic(
    `BROKERMARK_FUZZ_SEED=${SEED}${PATH === undefined ? "" : ` BROKERMARK_FUZZ_PATH=${PATH}`}`,
  );
  const seen = new Map<string, number>();
  let sent = 0;
  const cases = fc.array(amqpFuzzCase, {
    ...{ minLength: CASES_PER_RUN, maxLength: CASES_PER_RUN, size: "max" as const },
  });
  const property = fc.asyncProperty(cases, async (batch) => {
    await Promise.all(batch.map((one) => run(one, seen)));
    sent += batch.length;
    await checkInnocent();
    if (round % ROUNDS_BETWEEN_CLEANINGS === 0) await removeStrayQueues();
  });
  const numRuns = Math.ceil(CASES / CASES_PER_RUN);
  const replay = PATH === undefined ? {} : { path: PATH };
  await fc.assert(property, { seed: SEED, numRuns, endOnFailure: true, ...replay });
  for (const [what, count] of [...seen].sort()) context.diagnostic(`${what}: ${count}`);
  assert.ok(sent >= CASES || PATH !== undefined, `${sent} cases were sent`);
  const cost = readProcessCost(broker.pid);
  if (cost === null) return context.diagnostic("peak RSS not checked: no /proc here");
  context.diagnostic(`peak RSS ${(cost.peakRssBytes / 1_048_576).toFixed(0)} MiB after ${sent} cases`);
  assert.ok(cost.peakRssBytes < PEAK_RSS_LIMIT_BYTES, `peak RSS ${cost.peakRssBytes}`);
});

async function run(one: AmqpFuzzCase, seen: Map<string, number>): Promise<void> {
  const outcome = await exchangeAmqp(port, one, LIMIT_MS).catch((error: Error) => {
    const log = broker.exited() ? `\nthe broker ended\n${broker.log()}` : "";
    throw new Error(`${one.kind}: ${error.message}\n${one.bytes.toString("hex")}${log}`);
  });
  const what = `${one.kind}, ${outcome}`;
  seen.set(what, (seen.get(what) ?? 0) + 1);
}
