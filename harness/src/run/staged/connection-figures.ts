/** From what a run with held connections read to its figures. Pure. */
import type { Released } from "../../load/hold.ts";
import { LatencyHistogram } from "../../measure/histogram.ts";
import { VALIDITY_LIMITS } from "../../measure/validity.ts";
import { type Figure, type FiguresOf, figure } from "../../result/figures/index.ts";
import type { ResultFile } from "../../result/schema.ts";
import type { PlanOf } from "../../scenario/plan.ts";
import type { Opened } from "./held-connections.ts";
import type { ConnectionMemory, MemoryReading } from "./idle-cost.ts";

export interface ConnectionReadings {
  readonly plan: PlanOf<"connections">;
  readonly opened: Opened;
  readonly released: Omit<Released, "type">;
  readonly perConnection: ConnectionMemory | null;
  readonly bare: number | null;
  readonly idleCpuBefore: number | null;
  readonly idleCpu: number | null;
  readonly rss: Readonly<Record<"before" | "held" | "closed", MemoryReading | null>>;
  readonly histograms: ResultFile["histograms"];
}

/** Less is noise, of which no share can be given back. */
const LEAST_TAKEN_BYTES = 4 * 1024 ** 2;

const NOT_OURS = "the target is no process of ours, or this is not Linux";

export function connectionFigures(seen: ConnectionReadings): FiguresOf<"connections"> {
  const { plan, opened, released, perConnection, rss } = seen;
  const handshake = opened.latencies.summary();
  const active = summaryOf(seen.histograms.response);
  const known = (value: number | null | undefined, note: string | null = null): Figure =>
    value === null || value === undefined ? figure(null, NOT_OURS) : figure(value, note);
  return {
    held: figure(plan.parameters.connections - released.lost),
    acceptRate: figure(opened.connections / opened.seconds, acceptNote(seen)),
    handshakeP50: figure(handshake.p50),
    handshakeP99: figure(handshake.p99),
    rssPerConnection: known(perConnection?.rssBytes, `over ${opened.connections} connections`),
    bareRssPerConnection: known(seen.bare),
    socketBuffersPerConnection: known(perConnection?.socketBufferBytes, "/proc/net/sockstat, whole machine"),
    kernelObjectsPerConnection: known(perConnection?.objectBytes, "Slab of /proc/meminfo, whole machine"),
    idleCpuBefore: known(seen.idleCpuBefore),
    idleCpu: known(seen.idleCpu),
    activeP50: figure(active?.p50 ?? null),
    activeP99: figure(active?.p99 ?? null),
    closeRate: figure(released.tookMs > 0 ? (opened.connections / released.tookMs) * 1e3 : null),
    rssBefore: known(rss.before?.rssBytes),
    rssHeld: known(rss.held?.rssBytes),
    rssClosed: known(rss.closed?.rssBytes),
    memoryGivenBack: figure(givenBack(rss), givenBack(rss) === null ? "too little was taken to tell" : null),
  };
}

/** What keeps the rate from being the broker's own. */
function acceptNote({ plan, opened }: ConnectionReadings): string | null {
  const { openPerSecond } = plan.parameters;
  if (opened.connections / opened.seconds > 0.95 * openPerSecond) return "as fast as the plan lets it be";
  const limit = VALIDITY_LIMITS.loadProcessCoreShare;
  return opened.busiestShare > limit ? "the process that opens them was busy all the time" : null;
}

function givenBack({ before, held, closed }: ConnectionReadings["rss"]): number | null {
  if (before === null || held === null || closed === null) return null;
  const taken = held.rssBytes - before.rssBytes;
  return taken >= LEAST_TAKEN_BYTES ? (held.rssBytes - closed.rssBytes) / taken : null;
}

/** Why the run did not measure what it says. */
export function shortcomingsOf(
  { plan, released }: ConnectionReadings,
  attainedPerSecond: number | null,
): string[] {
  const { connections, ratePerSecond } = plan.parameters;
  const found: string[] = [];
  if (released.lost > 0) {
    found.push(`the target ended ${released.lost} of ${connections} idle connections: ${released.reason}`);
  }
  const least = VALIDITY_LIMITS.attainedRateShare * (ratePerSecond ?? 0);
  if (attainedPerSecond !== null && attainedPerSecond < least) {
    found.push(
      `the active took ${attainedPerSecond.toFixed(0)} of ${ratePerSecond} messages a second, so latency grew with the length of the run`,
    );
  }
  return found;
}

function summaryOf(encoded: string | null) {
  return encoded === null ? null : LatencyHistogram.decode(encoded).summary();
}
