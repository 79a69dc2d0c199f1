/** Workload `memory-paging`: a queue grows far beyond what the broker may hold in memory, and is then drained. */
import { z } from "zod";
import { messageFields, refuseHugeWindow } from "./messaging.ts";
import { type Impossibility, impossibilities, type phaseFields, refuseImpossiblePacing } from "./phases.ts";
import { quantity } from "./units.ts";

const whole = (min: number, max: number) => z.int().min(min).max(max);

export const memoryPagingParameters = z.strictObject({
  messages: whole(1, 1_000_000_000).describe(
    "Messages published into one durable queue before it is drained.",
  ),
  publishers: whole(1, 64).describe("Publisher connections that fill it."),
  consumers: whole(1, 1024).describe("Competing consumers that drain it, each on a connection of its own."),
  prefetch: whole(1, 65_535).describe("Unacknowledged messages per consumer."),
  ackEvery: whole(1, 65_535).describe(
    "1: an ack for each message; n: one ack for n messages (multiple), and for what is left when it is quiet.",
  ),
  growthReadPerSecond: quantity("rate", { min: 0, max: 1_000_000_000 }).describe(
    "While the queue grows its consumers take so many messages a second, all together; 0: they come when it has grown.",
  ),
  memoryLimitBytes: quantity("size", { min: 16 * 1024 ** 2, max: 1024 ** 4 })
    .nullable()
    .describe(
      "The broker's own memory limit: --memory-limit-bytes of the reference broker, vm_memory_high_watermark.absolute of RabbitMQ; null: as shipped.",
    ),
  ...messageFields,
});

type MemoryPaging = z.output<typeof memoryPagingParameters>;

interface Resolved {
  readonly driver: string;
  readonly mode: "open" | "closed";
  readonly parameters: MemoryPaging;
  readonly phases: z.output<typeof phaseFields>;
}

export function memoryPagingImpossibilities(resolved: Resolved): Impossibility[] {
  const { parameters: p, phases } = resolved;
  return impossibilities((refuse) => {
    refuseImpossiblePacing(resolved, "confirmWindow", refuse);
    refuseHugeWindow(p, refuse);
    refuse(
      p.ackEvery > p.prefetch,
      "parameters.ackEvery parameters.prefetch",
      `an ack for every ${p.ackEvery} messages never comes when ${p.prefetch} at most are outstanding`,
    );
    refuse(
      p.messages * p.payloadBytes > phases.measure.maxBytes,
      "parameters.messages parameters.payloadBytes phases.measure.maxBytes",
      `${p.messages} messages of ${p.payloadBytes} B are more than the ${phases.measure.maxBytes} B that may be written`,
    );
  });
}
