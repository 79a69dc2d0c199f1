/** Workload `connections`: very many clients that are connected and do nothing, and then some that do. */
import { z } from "zod";
import { batchFields, messageFields, refuseHugeWindow, refuseUnlikeKafka } from "./messaging.ts";
import { type Impossibility, impossibilities, type phaseFields, refuseImpossiblePacing } from "./phases.ts";
import { quantity } from "./units.ts";

const whole = (min: number, max: number) => z.int().min(min).max(max);

export const connectionsParameters = z.strictObject({
  connections: whole(1, 100_000).describe(
    "Held open and idle. AMQP: logged in and tuned, without heartbeats; Kafka: ApiVersions answered.",
  ),
  active: whole(1, 1024).describe("Of these, so many publish in the end."),
  queues: whole(1, 1024).describe("Queues or partitions that the active ones publish to."),
  openPerSecond: quantity("rate", { min: 1, max: 1_000_000 }).describe(
    "New connections a second at most; accept rate is what came of it.",
  ),
  openAtOnce: whole(1, 1024).describe(
    "Connections that may be opening, or closing, at once; Kafka's backlog is 50.",
  ),
  idleMs: quantity("duration", { min: 100, max: 600_000 }).describe(
    "The target's CPU is watched for so long, before the first connection and with all of them.",
  ),
  ...messageFields,
  ...batchFields,
});

type Connections = z.output<typeof connectionsParameters>;

interface Resolved {
  readonly driver: string;
  readonly mode: "open" | "closed";
  readonly parameters: Connections;
  readonly phases: z.output<typeof phaseFields>;
}

export function connectionsImpossibilities(resolved: Resolved): Impossibility[] {
  const { mode, parameters: p } = resolved;
  return impossibilities((refuse) => {
    refuse(
      mode === "closed",
      "mode",
      "the active have response times only in an open loop: say mode: open and ratePerSecond",
    );
    refuseUnlikeKafka(resolved, refuse);
    refuseImpossiblePacing(resolved, "confirmWindow", refuse);
    refuseHugeWindow(p, refuse);
    refuse(
      p.active >= p.connections,
      "parameters.active parameters.connections",
      `${p.active} active of ${p.connections} connections leave none idle`,
    );
    refuse(
      p.queues > p.active,
      "parameters.queues parameters.active",
      `${p.queues} queues and ${p.active} active connections leave ${p.queues - p.active} queues without a publisher`,
    );
  });
}
