/** Publishing on one topic from the first send until the log end covers the last message. */
import type { LastSent, PublisherReport } from "../load/protocol.ts";
import type { Guard } from "./guard.ts";
import type { LoadGroup, PublishLimits } from "./load-group.ts";
import type { LogAdmin, TemporaryTopic } from "./log-admin.ts";
import { type LogEnd, watchLogEnd } from "./log-end.ts";

/** How long a target may take over what is in flight before it counts as unreachable. */
const IN_FLIGHT_TIMEOUT_MS = 60_000;

export interface Published {
  readonly firstSendUs: number;
  readonly logEnd: LogEnd;
  readonly reports: readonly PublisherReport[];
}

export interface PublishDeps {
  readonly admin: LogAdmin;
  readonly guard: Guard;
  readonly nowUs: () => number;
  /** Called when the last batch has left and the log end is being watched. */
  readonly onLastSent?: () => void;
}

export async function publishUntilLogEnd(
  load: LoadGroup,
  topic: TemporaryTopic,
  limits: PublishLimits,
  deps: PublishDeps,
): Promise<Published> {
  const { admin, guard, nowUs } = deps;
  const publishing = load.publish(limits, nowUs());
  const patienceMs = limits.durationMs + IN_FLIGHT_TIMEOUT_MS;
  const lastSent = await guard.wait(publishing.lastSent, patienceMs, "sending the load");
  deps.onLastSent?.();
  const watching = watchLogEnd({
    admin,
    topic,
    expected: messagesByPartition(lastSent),
    publishersDone: publishing.reports,
    nowUs,
  });
  const logEnd = await guard.wait(watching, IN_FLIGHT_TIMEOUT_MS, "writing the last messages to the log");
  const reports = await guard.wait(publishing.reports, IN_FLIGHT_TIMEOUT_MS, "confirming the last messages");
  return { firstSendUs: Math.min(...lastSent.map((last) => last.firstSendUs)), logEnd, reports };
}

export function messagesByPartition(lastSent: readonly LastSent[]): Record<number, number> {
  const sum: Record<number, number> = {};
  for (const { messagesByPartition: sent } of lastSent) {
    for (const [partition, messages] of Object.entries(sent)) {
      sum[Number(partition)] = (sum[Number(partition)] ?? 0) + messages;
    }
  }
  return sum;
}
