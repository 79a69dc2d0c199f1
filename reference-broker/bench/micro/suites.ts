/** The one list of suites. */
import type { Suite } from "./benchmark.ts";

type Load = () => Promise<{ readonly suite: Suite }>;

export const SUITES = {
  "timer-wheel": () => import("./suites/timer-wheel.ts"),
  "log-index": () => import("./suites/log-index.ts"),
  "kafka-codec": () => import("./suites/kafka-codec.ts"),
  "amqp-codec": () => import("./suites/amqp-codec.ts"),
  crc32c: () => import("./suites/crc32c.ts"),
  "buffer-pools": () => import("./suites/buffer-pools.ts"),
  "log-engine": () => import("./suites/log-engine.ts"),
  "queue-engine": () => import("./suites/queue-engine.ts"),
} as const satisfies Record<string, Load>;

export type SuiteName = keyof typeof SUITES;

export async function loadSuite(name: SuiteName): Promise<Suite> {
  return (await SUITES[name]()).suite;
}
