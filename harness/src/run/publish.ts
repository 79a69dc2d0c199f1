/** Publishing to one destination from the first send until the target has taken the last message. */
import type { LastSent, PublisherReport } from "../load/protocol.ts";
import type { Destination } from "./destination.ts";
import type { Guard } from "./guard.ts";
import type { LoadGroup, PublishLimits } from "./load-group.ts";
import type { LogEnd } from "./log-end.ts";

/** How long a target may take over what is in flight before it counts as unreachable. */
const IN_FLIGHT_TIMEOUT_MS = 60_000;

export interface Published {
  readonly firstSendUs: number;
  readonly logEnd: LogEnd;
  readonly reports: readonly PublisherReport[];
}

export interface PublishDeps {
  readonly guard: Guard;
  readonly nowUs: () => number;
  /** Called when the last batch has left and the target is being asked for it. */
  readonly onLastSent?: () => void;
}

export async function publishUntilTaken(
  load: LoadGroup,
  destination: Destination,
  limits: PublishLimits,
  deps: PublishDeps,
): Promise<Published> {
  const { guard, nowUs } = deps;
  const publishing = load.publish(limits, nowUs());
  const patienceMs = limits.durationMs + IN_FLIGHT_TIMEOUT_MS;
  const lastSent = await guard.wait(publishing.lastSent, patienceMs, "sending the load");
  deps.onLastSent?.();
  const watching = destination.taken({
    expected: messagesByPartition(lastSent),
    publishersDone: publishing.reports,
    nowUs,
  });
  const logEnd = await guard.wait(watching, IN_FLIGHT_TIMEOUT_MS, "taking the last messages");
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
