/** The messages of a staged plan as a steady load: what warms a broker up for them, and what the generator can do. */
import type { PlanOf, PublishConfirmParameters, StagedWorkload } from "../../scenario/plan.ts";

type Messages = Pick<
  PublishConfirmParameters,
  "payloadBytes" | "payloadKind" | "persistent" | "confirmWindow"
>;

/** Published into queues as fast as confirms allow. Batches are Kafka's, and these workloads go over AMQP. */
export function publishingTwin<W extends StagedWorkload>(
  plan: PlanOf<W>,
  { payloadBytes, payloadKind, persistent, confirmWindow }: Messages,
  { publishers, queues }: Pick<PublishConfirmParameters, "publishers" | "queues">,
): PlanOf<"publish-confirm"> {
  const messages = { payloadBytes, payloadKind, persistent, confirmWindow };
  const batches = { batchBytes: 16 * 1024, lingerMs: 1 };
  return {
    ...plan,
    workload: "publish-confirm",
    mode: "closed",
    parameters: { publishers, queues, ...messages, ...batches, ratePerSecond: null },
  };
}
