/** What `recovery` and `backlog-drain` begin with: a durable queue, or a topic of one partition, filled and confirmed. */
import { type Load, loadOf } from "../../load/load-of-plan.ts";
import type { BatchShape, PrepareLoad, ProducerOutcome } from "../../load/protocol.ts";
import type { PlanOf, PublishConfirmParameters } from "../../scenario/plan.ts";
import { Guard } from "../guard.ts";
import { LoadGroup } from "../load-group.ts";
import { type Published, publishUntilTaken } from "../publish.ts";
import { openDestination } from "../running-plan.ts";
import type { Staged } from "./staged-run.ts";

type BacklogPlan = PlanOf<"recovery"> | PlanOf<"backlog-drain">;

/** A staged run that begins so. */
interface Backlogged extends Pick<Staged<"recovery">, "target" | "deps"> {
  readonly plan: BacklogPlan;
}

export interface Backlog {
  /** Of the queues' or the topic's name. */
  readonly name: string;
  readonly runId: number;
  readonly load: Load;
  readonly batch: BatchShape;
  readonly published: Published;
  readonly outcomes: readonly ProducerOutcome[];
  readonly confirmed: number;
  /** From the first send until the last message was taken. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Less was confirmed than was to be, in a sentence; null: all was. */
  readonly shortcoming: string | null;
}

/** The messages of a backlog as the workload that publishes and confirms them, to one queue. */
export function publishing(plan: BacklogPlan, ratePerSecond: number | null): PlanOf<"publish-confirm"> {
  const { publishers, payloadBytes, payloadKind, persistent, confirmWindow, batchBytes, lingerMs } =
    plan.parameters;
  const messages = { payloadBytes, payloadKind, persistent, confirmWindow, batchBytes, lingerMs };
  const parameters: PublishConfirmParameters = { publishers, queues: 1, ...messages, ratePerSecond };
  return {
    ...plan,
    workload: "publish-confirm",
    mode: ratePerSecond === null ? "closed" : "open",
    parameters,
  };
}

/**
 * Publishes the backlog as fast as it is confirmed. Its connections are closed when this returns, and queue or topic stay:
 * they end with the target's data. Throws what `runPlan` throws.
 */
export async function growBacklog({ plan, target, deps }: Backlogged): Promise<Backlog> {
  const load = loadOf(publishing(plan, null));
  const { publishers } = deps.loadProcesses;
  await using admin = await deps.connectAdmin(plan.protocol, target.endpoint);
  await using group = await LoadGroup.start(load, { publishers, consumers: 0 });
  using guard = new Guard(deps.signal, [target.died, group.failed]);
  const runId = deps.newRunId();
  const destination = await openDestination({ plan, load, admin, guard }, runId);
  const batch = await group.prepare({ load, plan }, target.endpoint, destination.name, runId, guard);
  const unlisten = reportRate(group, (messagesPerSecond) =>
    deps.listen({ type: "rate", plan, messagesPerSecond }),
  );
  const maxBytes = bytesOf(plan.parameters.messages, batch, group.publishers.length);
  const limits = { durationMs: plan.phases.measure.durationMs, maxBytes, readAlong: false };
  const published = await publishUntilTaken(group, destination, limits, { guard, nowUs: deps.nowUs });
  unlisten();
  const { reports, firstSendUs, logEnd } = published;
  const confirmed = reports.reduce((sum, report) => sum + report.confirmedMessages, 0);
  return {
    name: destination.name,
    runId,
    load,
    batch,
    published,
    outcomes: reports.flatMap((report) => report.outcomes),
    confirmed,
    fromUs: firstSendUs,
    toUs: logEnd.coveredUs ?? logEnd.lastAdvanceUs,
    shortcoming:
      confirmed >= plan.parameters.messages
        ? null
        : `${confirmed} of ${plan.parameters.messages} messages were confirmed within ${limits.durationMs / 1000} s`,
  };
}

/** Of whole batches, as many from each process, and no fewer messages than asked. */
function bytesOf(messages: number, { records, encodedBytes }: BatchShape, processes: number): number {
  const batches = Math.ceil(messages / records);
  return Math.ceil(batches / processes) * processes * encodedBytes;
}

/** The reader of all of it, whatever else it is told. `parameters` where they differ from those of the growing. */
export function readerOf(
  { name, runId, load, batch }: Backlog,
  { plan, target }: Backlogged,
  parameters: Load["parameters"] = load.parameters,
): PrepareLoad {
  const producers = Array.from({ length: load.parameters.producers }, (_, index) => index);
  const { endpoint } = target;
  const base = { type: "prepare", endpoint, topic: name, seed: plan.seed, runId, producers } as const;
  const given = { ...load, parameters } as Load;
  if (given.kind === "queues") {
    const { parameters: queues } = given;
    return { ...base, kind: "queues", driver: "amqp", parameters: queues, queues: [0], readsAlong: false };
  }
  const reading = { partitions: [0], recordsPerBatch: batch.records, readers: 1 };
  return { ...base, kind: "log", driver: "kafka", parameters: given.parameters, ...reading };
}

function reportRate(group: LoadGroup, tell: (messagesPerSecond: number) => void): () => void {
  let last: { atUs: number; messages: number } | null = null;
  return group.onPublished((progress) => {
    if (last && progress.atUs > last.atUs && progress.messages >= last.messages) {
      tell(((progress.messages - last.messages) / (progress.atUs - last.atUs)) * 1e6);
    }
    last = progress;
  });
}
