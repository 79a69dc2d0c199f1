/** Workload `ttl-storm`: very many messages fall due while other queues are in use. */
import { z } from "zod";
import { messageFields, refuseHugeWindow } from "./messaging.ts";
import { type Impossibility, impossibilities, type phaseFields, refuseImpossiblePacing } from "./phases.ts";
import { quantity } from "./units.ts";

const whole = (min: number, max: number) => z.int().min(min).max(max);

/** Together at one moment, one after another, or each a fixed time after its publishing (x-message-ttl). */
export const DUE_KINDS = ["together", "spread", "queue-ttl"] as const;

export const ttlStormParameters = z.strictObject({
  stormMessages: whole(1, 100_000_000).describe("Messages that fall due, over all storm queues."),
  stormQueues: whole(1, 64).describe("Durable queues that hold them, each filled by a publisher of its own."),
  due: z
    .enum(DUE_KINDS)
    .describe(
      "together: all at one moment; spread: in the order of publishing, evenly over spreadMs; both by each message's expiration. queue-ttl: leadMs after its publishing each, by the queue's x-message-ttl.",
    ),
  leadMs: quantity("duration", { min: 1_000, max: 3_600_000 }).describe(
    "From the first storm message's publishing to the first deadline; what is not published calmMs before that is left out.",
  ),
  spreadMs: quantity("duration", { min: 0, max: 3_600_000 }).describe(
    "due spread: from the first deadline to the last.",
  ),
  deadLetter: z
    .boolean()
    .describe(
      "Expired messages go to a queue that is read; lateness is then told message by message, else it is taken from the depth of the storm queues.",
    ),
  calmMs: quantity("duration", { min: 100, max: 600_000 }).describe(
    "Live traffic alone: so long before the storm is published, before its first deadline, and after it.",
  ),
  liveQueues: whole(1, 1024).describe("Queues in use, each with a publisher and a consumer of its own."),
  ...messageFields,
});

type TtlStorm = z.output<typeof ttlStormParameters>;

interface Resolved {
  readonly driver: string;
  readonly mode: "open" | "closed";
  readonly parameters: TtlStorm;
  readonly phases: z.output<typeof phaseFields>;
}

export function ttlStormImpossibilities(resolved: Resolved): Impossibility[] {
  const { mode, parameters: p } = resolved;
  return impossibilities((refuse) => {
    refuse(
      mode === "closed",
      "mode",
      "live traffic has response times only in an open loop: say mode: open and ratePerSecond",
    );
    refuseImpossiblePacing(resolved, "confirmWindow", refuse);
    refuseHugeWindow(p, refuse);
    refuse(
      p.leadMs <= p.calmMs,
      "parameters.leadMs parameters.calmMs",
      `the first deadline, ${p.leadMs} ms after the first message, leaves no time to fill before ${p.calmMs} ms of calm`,
    );
    refuse(
      p.due === "spread" && p.spreadMs === 0,
      "parameters.due parameters.spreadMs",
      "spread over 0 ms is together",
    );
  });
}
