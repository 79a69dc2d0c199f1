/** Workload `backlog-drain`: a queue or topic is filled without consumers, and then drained, with or without new messages. */
import { z } from "zod";
import { batchFields, messageFields, refuseHugeWindow, refuseUnlikeKafka } from "./messaging.ts";
import { type Impossibility, impossibilities, type phaseFields, refuseImpossiblePacing } from "./phases.ts";
import { refuseTooMany } from "./recovery.ts";
import { quantity } from "./units.ts";

const whole = (min: number, max: number) => z.int().min(min).max(max);

export const backlogDrainParameters = z.strictObject({
  messages: whole(1, 1_000_000_000).describe(
    "Backlog, in one durable queue; Kafka: one partition, in whole batches.",
  ),
  publishers: whole(1, 64).describe(
    "Publisher connections that grow it, and as many that publish while it is drained.",
  ),
  consumers: whole(1, 1024).describe(
    "AMQP: competing consumers, each on a connection of its own. A partition has one reader.",
  ),
  prefetch: whole(0, 65_535).describe(
    "AMQP: unacknowledged messages per consumer; 0: without acks and without a limit.",
  ),
  ackEvery: whole(0, 65_535).describe(
    "AMQP: 1: an ack for each message; n: one ack for n messages (multiple), and for what is left when it is quiet; 0 without acks.",
  ),
  afterMs: quantity("duration", { min: 0, max: 600_000 }).describe(
    "Open loop: publishing goes on so long after the backlog is gone.",
  ),
  ...messageFields,
  ...batchFields,
  ratePerSecond: messageFields.ratePerSecond.describe(
    "Open loop: messages per second over all publishers while the backlog is drained. null or left out in closed loop: publishing is stopped.",
  ),
});

type BacklogDrain = z.output<typeof backlogDrainParameters>;

interface Resolved {
  readonly driver: string;
  readonly mode: "open" | "closed";
  readonly parameters: BacklogDrain;
  readonly phases: z.output<typeof phaseFields>;
}

export function backlogDrainImpossibilities(resolved: Resolved): Impossibility[] {
  const { parameters: p } = resolved;
  return impossibilities((refuse) => {
    refuseUnlikeKafka(resolved, refuse);
    refuseImpossiblePacing(resolved, "confirmWindow", refuse);
    refuseHugeWindow(p, refuse);
    refuseTooMany(resolved, refuse);
    refuse(
      p.prefetch > 0 !== p.ackEvery > 0,
      "parameters.prefetch parameters.ackEvery",
      `prefetch ${p.prefetch} with an ack for every ${p.ackEvery} messages: both are 0 without acks, and neither with them`,
    );
    refuse(
      p.ackEvery > p.prefetch,
      "parameters.ackEvery parameters.prefetch",
      `an ack for every ${p.ackEvery} messages never comes when ${p.prefetch} at most are outstanding`,
    );
  });
}
