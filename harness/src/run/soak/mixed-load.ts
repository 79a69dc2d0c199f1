/** What a soak asks of a broker: every kind of traffic at rates far from its limits, so that what rises is the broker's doing. */
import type { Plan, PlanOf, SteadyPlan, SteadyWorkload } from "../../scenario/plan.ts";

export interface Lap {
  readonly seed: number;
  /** A load lasts so long; then its topic or queues are removed, and the next one begins on new ones. */
  readonly lapMs: number;
}

function planOf<W extends SteadyWorkload>(
  workload: W,
  driver: Plan["driver"],
  protocol: Plan["protocol"],
  parameters: PlanOf<W>["parameters"],
  { seed, lapMs }: Lap,
): PlanOf<W> {
  return {
    scenario: "soak",
    question: "",
    profile: workload,
    workload,
    protocol,
    driver,
    mode: "open",
    target: "reference",
    durability: "os",
    repetition: 1,
    seed,
    parameters,
    phases: {
      warmup: { minMs: 0, maxMs: 0, windowMs: 500 },
      measure: { durationMs: lapMs, maxBytes: 2 ** 30 },
      verify: { timeoutMs: 60_000 },
    },
    expect: { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 },
  } as PlanOf<W>;
}

const messages = { payloadKind: "json", confirmWindow: 100, batchBytes: 16 * 1024, lingerMs: 5 } as const;

export function mixedLoad(lap: Lap): readonly SteadyPlan[] {
  return [
    planOf(
      "publish-confirm",
      "amqp",
      "amqp",
      { ...messages, publishers: 4, queues: 2, payloadBytes: 1024, persistent: true, ratePerSecond: 500 },
      lap,
    ),
    planOf(
      "fanout",
      "amqp",
      "amqp",
      {
        ...messages,
        ...{ subscribers: 8, topics: 4, payloadBytes: 200, persistent: false, ratePerSecond: 100 },
        ...{ slowPolicy: "none", maxLength: 1000, slowPauseMs: 0 },
      },
      lap,
    ),
    planOf(
      "log-load",
      "kafka",
      "kafka",
      {
        ...{ producers: 4, partitions: 2, payloadBytes: 256, payloadKind: "json", batchBytes: 16 * 1024 },
        ...{
          codec: "lz4",
          acks: "all",
          lingerMs: 10,
          maxInFlight: 5,
          idempotent: true,
          ratePerSecond: 2_000,
        },
      },
      lap,
    ),
  ];
}
