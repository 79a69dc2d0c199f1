/** Workload `recovery`: a queue or topic is filled, the broker ends and starts again, and everything is read back. */
import { z } from "zod";
import { batchFields, messageFields, refuseHugeWindow, refuseUnlikeKafka } from "./messaging.ts";
import {
  type Impossibility,
  impossibilities,
  type phaseFields,
  type Refuse,
  refuseImpossiblePacing,
} from "./phases.ts";

const whole = (min: number, max: number) => z.int().min(min).max(max);

export const recoveryParameters = z.strictObject({
  messages: whole(1, 1_000_000_000).describe(
    "Published and confirmed before the broker ends, in one durable queue; Kafka: one partition, in whole batches.",
  ),
  publishers: whole(1, 64).describe("Publisher connections that fill it."),
  stop: z
    .enum(["clean", "killed"])
    .describe("clean: asked to end, by SIGTERM; killed: SIGKILL to its whole process group."),
  retryMs: z.int().min(1).max(1_000).describe("The consumer tries to connect so often from the start on."),
  ...messageFields,
  ...batchFields,
});

type Recovery = z.output<typeof recoveryParameters>;

interface Resolved {
  readonly driver: string;
  readonly mode: "open" | "closed";
  readonly parameters: Recovery;
  readonly phases: z.output<typeof phaseFields>;
}

export function recoveryImpossibilities(resolved: Resolved): Impossibility[] {
  const { mode, parameters: p } = resolved;
  return impossibilities((refuse) => {
    refuse(mode === "open", "mode", "nobody publishes while the broker is down: say mode: closed");
    refuse(!p.persistent, "parameters.persistent", "transient messages do not outlive a broker");
    refuseUnlikeKafka(resolved, refuse);
    refuseImpossiblePacing(resolved, "confirmWindow", refuse);
    refuseHugeWindow(p, refuse);
    refuseTooMany(resolved, refuse);
  });
}

/** For a backlog of `messages`, whatever comes of it. */
export function refuseTooMany(
  {
    parameters: p,
    phases,
  }: Pick<Resolved, "phases"> & {
    readonly parameters: Pick<Recovery, "messages" | "payloadBytes">;
  },
  refuse: Refuse,
): void {
  refuse(
    p.messages * p.payloadBytes > phases.measure.maxBytes,
    "parameters.messages parameters.payloadBytes phases.measure.maxBytes",
    `${p.messages} messages of ${p.payloadBytes} B are more than the ${phases.measure.maxBytes} B that may be written`,
  );
}
