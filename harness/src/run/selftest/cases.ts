/**
 * Does the harness measure what is there? Each case runs against the synthetic target, whose delays and faults
 * are known, and says what the result must hold.
 */
import type { LogLoadParameters, Phases, Plan } from "../../scenario/plan.ts";
import { type Check, checkCounts, checkLatency, type KnownCounts, type KnownLatency } from "./checks.ts";
import type { ResultFile } from "../../result/schema.ts";

export interface SelftestCase {
  readonly name: string;
  readonly plan: Plan;
  check(result: ResultFile): Check[];
}

/** Of what is injected, so that a plan is refused a false alarm as well as a miss. */
const EXPECT_NOTHING = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };

const FAULT_LOAD: LogLoadParameters = {
  producers: 2,
  partitions: 2,
  payloadBytes: 100,
  payloadKind: "json",
  batchBytes: 16_384,
  // The synthetic target does not open compressed batches to spoil a message in them.
  codec: "none",
  acks: "all",
  lingerMs: 0,
  maxInFlight: 5,
  idempotent: false,
  ratePerSecond: null,
};

/** One message a batch, and more in flight than any stall collects: the target alone decides the latency. */
const PACED_LOAD: LogLoadParameters = {
  ...FAULT_LOAD,
  producers: 1,
  partitions: 1,
  batchBytes: 1_024,
  maxInFlight: 1_000,
  ratePerSecond: 250,
};

const FAULT_PHASES: Phases = {
  warmup: { minMs: 0, maxMs: 0, windowMs: 1_000 },
  measure: { durationMs: 5_000, maxBytes: 8 * 2 ** 20 },
  verify: { timeoutMs: 10_000 },
};

const PACED_PHASES: Phases = {
  warmup: { minMs: 2_000, maxMs: 4_000, windowMs: 500 },
  measure: { durationMs: 5_000, maxBytes: 64 * 2 ** 20 },
  verify: { timeoutMs: 10_000 },
};

const LONG_DELAY_MS = 50;
const STALL = { delayMs: 5, atMs: 1_500, forMs: 500 };

export const SELFTEST_CASES: readonly SelftestCase[] = [
  faultCase("clean", {}),
  faultCase("one message lost", { lose: 1 }),
  faultCase("one message duplicated", { duplicate: 1 }),
  faultCase("two neighbours swapped", { reorder: 1 }),
  faultCase("one message corrupted", { corrupt: 1 }),
  delayCase(5),
  delayCase(LONG_DELAY_MS),
  stallCase(),
];

type Injected = Partial<Record<"lose" | "duplicate" | "reorder" | "corrupt", number>>;

/** A swapped pair is one message out of order. */
function knownCounts({ lose = 0, duplicate = 0, reorder = 0, corrupt = 0 }: Injected): KnownCounts {
  return { lost: lose, duplicated: duplicate, reordered: reorder, corrupted: corrupt };
}

function faultCase(name: string, injected: Injected): SelftestCase {
  const plan = planOf(name, "closed", injected, FAULT_LOAD, FAULT_PHASES);
  return { name, plan, check: ({ summary }) => checkCounts(summary, knownCounts(injected)) };
}

/**
 * Confirmed and delivered so long after arrival, every message: all percentiles of service time and of publish
 * latency are the delay. Response time holds the publisher's own lateness too, up to a millisecond of a timer, and any
 * process of a small machine is woken one to three milliseconds late once in a hundred times, the synthetic target
 * itself included. So only medians are judged against a short delay, p99 and response time against a long one.
 */
function delayCase(delayMs: number): SelftestCase {
  const name = `constant delay of ${delayMs} ms`;
  const isLong = delayMs >= LONG_DELAY_MS;
  const known: KnownLatency = { p50: delayMs * 1000, ...(isLong ? { p99: delayMs * 1000 } : {}) };
  // At 5 ms the target stays awake at twice the rate; at 50 ms it would keep a core busy all the time.
  const load = isLong ? PACED_LOAD : { ...PACED_LOAD, ratePerSecond: 500 };
  return {
    name,
    plan: planOf(name, "open", { delayMs }, load, PACED_PHASES),
    check: ({ summary: { latencyUs, ...summary } }) => [
      ...checkCounts(summary, knownCounts({})),
      ...(isLong ? checkLatency("response", latencyUs.response, known) : []),
      ...checkLatency("service", latencyUs.service, known),
      ...checkLatency("publish", latencyUs.publish, known),
    ],
  };
}

/**
 * What arrives during a stall of length L waits for its end, so the waits are spread evenly from the delay d to
 * d + L. Of T seconds of messages the share above x is (d + L - x) / T, and p99 lies where it is one hundredth.
 */
function stallCase(): SelftestCase {
  const { delayMs, atMs, forMs } = STALL;
  const name = `stall of ${forMs} ms`;
  const plan = planOf(name, "open", { delayMs, stallAtMs: atMs, stallMs: forMs }, PACED_LOAD, PACED_PHASES);
  const p99Ms = delayMs + forMs - 0.01 * PACED_PHASES.measure.durationMs;
  const known: KnownLatency = { p99: p99Ms * 1000 };
  return {
    name,
    plan,
    check: ({ summary: { latencyUs, ...summary } }) => [
      ...checkCounts(summary, knownCounts({})),
      ...checkLatency("response", latencyUs.response, known),
      ...checkLatency("publish", latencyUs.publish, known),
    ],
  };
}

function planOf(
  name: string,
  mode: Plan["mode"],
  options: Readonly<Record<string, number>>,
  parameters: LogLoadParameters,
  phases: Phases,
): Plan {
  const pairs = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  return {
    scenario: "selftest",
    question: "Does the harness measure what is there?",
    profile: name.replaceAll(" ", "-"),
    workload: "log-load",
    protocol: "kafka",
    driver: "kafka",
    mode,
    target: pairs.length === 0 ? "synthetic" : `synthetic:${pairs.join(",")}`,
    durability: null,
    repetition: 1,
    seed: 1,
    parameters,
    phases,
    expect: EXPECT_NOTHING,
  };
}
