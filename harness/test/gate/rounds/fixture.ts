/** Small rounds on real brokers. */
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { prepareProducers } from "../../../src/drivers/index.ts";
import { KafkaAdmin } from "../../../src/drivers/kafka/admin.ts";
import type { SideName } from "../../../src/gate/evidence.ts";
import { requireGateable } from "../../../src/gate/rounds/gateable.ts";
import { type MeasuredRound, measureRound, type RoundDeps } from "../../../src/gate/rounds/measure-round.ts";
import { SliceGenerator } from "../../../src/gate/rounds/slice-generator.ts";
import { loadOf } from "../../../src/load/load-of-plan.ts";
import { nowUs } from "../../../src/measure/clock.ts";
import { assignmentOf } from "../../../src/run/assignment.ts";
import { connectAdmin } from "../../../src/run/destination.ts";
import { planScenarios } from "../../../src/run/plan-scenarios.ts";
import type { Plan } from "../../../src/scenario/plan.ts";
import { TARGETS } from "../../../src/targets/catalog.ts";
import type { RunningTarget, TargetName } from "../../../src/targets/target.ts";

export const ABBA = ["baseline", "candidate", "candidate", "baseline"] as const;

export async function planOf(
  scenario: string,
  profile: string,
  driver: string,
  set: string[] = [],
): Promise<Plan> {
  const plans = await planScenarios([scenario], { profiles: [profile], targets: ["reference"], set });
  const plan = plans.find((each) => each.driver === driver);
  if (plan === undefined) throw new Error(`${scenario} ${profile} has no plan for driver ${driver}`);
  return plan;
}

export async function depsFor(t: TestContext, plan: Plan): Promise<RoundDeps> {
  const generator = await SliceGenerator.start(plan);
  t.after(() => generator[Symbol.asyncDispose]());
  const newRunId = () => randomInt(2 ** 32);
  return { generator, connectAdmin, newRunId, nowUs, signal: new AbortController().signal };
}

/** A target and its options, e.g. `{ name: "synthetic", options: { delayMs: "2" } }`. */
export interface Started {
  readonly name: TargetName;
  readonly options?: Readonly<Record<string, string>>;
}

export async function startSide(
  t: TestContext,
  plan: Plan,
  { name, options = {} }: Started,
): Promise<RunningTarget> {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const { protocol, durability } = plan;
  const { signal } = new AbortController();
  const target = await TARGETS[name].start({ directory, protocol, durability, options, signal });
  t.after(() => target[Symbol.asyncDispose]());
  return target;
}

/** The producers of a small Kafka load on the null target, for publishers that a test runs in its own process. */
export async function producersOnNullTarget(t: TestContext) {
  const plan = await planOf("publish-confirm", "smoke", "kafka");
  requireGateable(plan);
  const { endpoint } = await startSide(t, plan, { name: "null" });
  const topic = "brokermark-test";
  {
    await using admin = await KafkaAdmin.connect(endpoint);
    await admin.createTopic(topic, 1);
  }
  const { driver, seed } = plan;
  const assignment = assignmentOf(loadOf(plan), driver, {
    type: "prepare",
    ...{ endpoint, topic, seed, runId: 1 },
  });
  const prepare = assignment.publisher(0, 1);
  return { producers: prepare.producers, ...(await prepareProducers(prepare)) };
}

export const SHORT = { sliceMs: 10, washoutMs: 1, warmupMs: 100, blockOrders: [ABBA, ABBA] } as const;

export function play(
  deps: RoundDeps,
  targets: Partial<Record<SideName, RunningTarget>>,
  lengths: Partial<Parameters<typeof measureRound>[0]> = {},
): Promise<MeasuredRound> {
  const sides = Object.entries(targets).map(([side, target]) => ({ side: side as SideName, target }));
  return measureRound({ ...SHORT, ...lengths, sides }, deps);
}
