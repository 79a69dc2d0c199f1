/** The course of a round whose fault comes and goes while the broker runs, and what every round checks. */
import assert from "node:assert/strict";
import { type BrokerOptions, type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { eventually, type FaultRound, pause } from "./rounds.ts";
import { type Judgement, makeWorkload, STORAGE_REFUSAL, type Workload } from "./workload.ts";

/** The smallest that Kafka allows: segments are rolled under the fault too. */
const SETTINGS = { "segment.bytes": String(1024 * 1024) };
/** Messages confirmed before a fault, and after it. */
const SOME = 20;

export type FaultOptions = Omit<BrokerOptions, "target" | "settings">;

/** Both halves listen: a broker whose storage fails while it still starts ends, and says why. */
export async function start(options: FaultOptions): Promise<BrokerProcess> {
  const broker = await startBroker({ target: "reference", settings: SETTINGS, ...options });
  await broker.amqp.catch(async (error: unknown) => {
    await broker.discard();
    throw error;
  });
  return broker;
}

/** A fault that the broker meets while it runs. */
export interface LiveFault {
  begin(broker: BrokerProcess): void;
  end(broker: BrokerProcess): void;
  /** What the broker's log says of it. */
  readonly reason: RegExp;
  /** Whether publishes are to be confirmed again, without a restart, once it has ended. */
  readonly heals: boolean;
  /** The broker has been killed, and is started before the fault ends. */
  startUnderFault?(): Promise<void>;
}

/**
 * Load, the fault at a moment that the seed chose, refusals; then either the fault ends and the broker goes on, or it is
 * killed under the fault. In the end everything is read after a restart. Returns the judgement.
 */
export async function runLiveFault(
  round: FaultRound,
  options: FaultOptions,
  fault: LiveFault,
  restart: () => Promise<FaultOptions> = async () => options,
): Promise<Judgement> {
  const { draws, engine } = round;
  const workload = makeWorkload(engine, draws);
  let broker = await start(options);
  try {
    await workload.begin(broker);
    await progress(workload);
    await pause(draws.between(0, 300));
    workload.faultBegins();
    fault.begin(broker);
    await refusals(workload, broker);
    await pause(draws.between(0, 300));
    await checkUnderFault(round, workload, broker, fault);
    const isKilled = draws.chance(0.3);
    if (isKilled) {
      await broker.kill();
      await workload.ended();
      await fault.startUnderFault?.();
      fault.end(broker);
    } else {
      fault.end(broker);
      if (fault.heals) await progress(workload);
      await workload.end();
      if (draws.chance(0.5)) await broker.kill();
      else await stopInOrder(broker);
    }
    round.note(isKilled ? "killed under the fault" : "the fault went");
    broker = await start(await restart());
    await goOn(workload, broker);
    return await judged(round, workload, broker);
  } catch (error) {
    throw withLog(error, broker);
  } finally {
    fault.end(broker);
    await broker.kill();
  }
}

/** Messages are confirmed. */
export async function progress(workload: Workload): Promise<void> {
  const enough = workload.confirmed + SOME;
  await eventually(
    () => `further confirms; ${workload.confirmed} confirmed, ${workload.refused} refused`,
    () => workload.confirmed >= enough,
  );
}

/** In another life: everything works. */
export async function goOn(workload: Workload, broker: BrokerProcess): Promise<void> {
  await workload.begin(broker);
  await progress(workload);
  await workload.end();
}

export async function judged(
  round: FaultRound,
  workload: Workload,
  broker: BrokerProcess,
  mayLose = false,
): Promise<Judgement> {
  const judgement = await workload.judge(broker, mayLose);
  round.note(judgement.summary);
  return judgement;
}

/** Nothing confirmed is lost, and nothing else is wrong. */
export function assertNothingWrong({ lost, anomalies, damagedReads, findings }: Judgement): void {
  assertLostAmong(lost, new Set(), findings);
  assertNoAnomalies(anomalies, findings);
  assert.equal(damagedReads, 0, findings.join("\n"));
}

/** What is confirmed and gone was hit by the fault, or the durability class does not promise it. */
export function assertLostAmong(
  lost: readonly number[],
  mayBeLost: ReadonlySet<number>,
  findings: readonly string[],
): void {
  const wrong = lost.filter((number) => !mayBeLost.has(number));
  const some = wrong.slice(0, 10).join(", ");
  assert.equal(wrong.length, 0, `confirmed and lost: ${wrong.length}, ${some}\n${findings.join("\n")}`);
}

export function assertNoAnomalies(
  anomalies: Readonly<Record<string, number>>,
  findings: readonly string[],
): void {
  const found = Object.entries(anomalies).filter(([, count]) => count > 0);
  assert.deepEqual(found, [], findings.join("\n"));
}

/** With the end of the broker's log. */
export function withLog(error: unknown, broker: BrokerProcess): Error {
  return new Error(
    `${(error as Error).stack ?? error}\nThe broker's log ends:\n${broker.log().slice(-4000)}`,
  );
}

async function refusals(workload: Workload, broker: BrokerProcess): Promise<void> {
  const before = workload.refused;
  await eventually(
    () => `refusals; ${workload.confirmed} confirmed`,
    () => workload.refused > before || broker.exited(),
  );
}

async function checkUnderFault(
  { engine, round, note }: FaultRound,
  workload: Workload,
  broker: BrokerProcess,
  fault: LiveFault,
): Promise<void> {
  assert.equal(broker.exited(), false, "the broker lives");
  assert.match(broker.log(), fault.reason, "the log says why");
  await workload.read(broker);
  const refusal = await workload.change(broker, `under-fault-${round}`);
  if (refusal === null) note("a change found room");
  else {
    assert.equal(refusal.code, STORAGE_REFUSAL[engine], refusal.text);
    note(`a change was refused: ${refusal.code} ${refusal.text}`);
  }
}

async function stopInOrder(broker: BrokerProcess): Promise<void> {
  assert.equal(await broker.stop(), 0, "it stops in order");
}
