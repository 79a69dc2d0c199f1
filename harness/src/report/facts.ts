import type { ReportFact } from "../../../reports/src/model.ts";
import type { ResultFile } from "../result/schema.ts";
import { distinct } from "./evidence.ts";
import { fieldText, fieldWords } from "./wording.ts";

/** Machine, versions, seeds and commands, each said once where all results agree. */
export function factsOf(results: readonly ResultFile[]): readonly ReportFact[] {
  const versions = results.map(({ summary: { target } }) => `${target.name} ${target.version}`);
  const seeds = results.map(({ plan }) => plan.seed).filter((seed) => seed !== undefined);
  return [
    ["run command", distinct(results.map(({ command }) => command))],
    ["targets", distinct(versions)],
    ["drivers", distinct(results.map(({ summary }) => summary.driver))],
    ...(seeds.length > 0 ? [["seed", distinct(seeds.map(String))] as const] : []),
    ...environmentFacts(results),
  ];
}

/** What the machine could not tell is left out. */
function environmentFacts(results: readonly ResultFile[]): readonly ReportFact[] {
  const byLabel = new Map<string, string[]>();
  for (const { environment } of results) {
    for (const [label, text] of flattenFacts(environment))
      byLabel.set(label, [...(byLabel.get(label) ?? []), text]);
  }
  return [...byLabel].map(([label, texts]) => [label, distinct(texts)]);
}

/** Nested objects become `outer inner`; what is null is left out. */
export function flattenFacts(fields: Readonly<Record<string, unknown>>): readonly ReportFact[] {
  return Object.entries(fields).flatMap(([name, value]): readonly ReportFact[] => {
    if (value === null || value === undefined) return [];
    if (typeof value === "object" && !Array.isArray(value)) {
      const inner = flattenFacts(value as Record<string, unknown>);
      return inner.map(([label, text]) => [`${fieldWords(name)} ${label}`, text]);
    }
    return [[fieldWords(name), fieldText(name, value)]];
  });
}

/** `2026-11-21 01:10 to 01:42 UTC` */
export function measuredAt(results: readonly ResultFile[]): string {
  const times = results.map(({ createdAt }) => createdAt).sort();
  const minute = (time: string): string => time.slice(0, 16).replace("T", " ");
  const [first, last] = [minute(times[0]!), minute(times.at(-1)!)];
  if (first === last) return `${first} UTC`;
  return first.slice(0, 10) === last.slice(0, 10)
    ? `${first} to ${last.slice(11)} UTC`
    : `${first} to ${last} UTC`;
}

/** The words without which latencies are misread. */
export const GLOSSARY: readonly ReportFact[] = [
  [
    "response time",
    "From the intended send time to delivery. It includes waiting for a late sender, so a stall counts against every message that should have left meanwhile. This is what a user of the broker feels.",
  ],
  [
    "service time",
    "From the actual send to delivery. It leaves out waiting before the send and so flatters a broker that stalls.",
  ],
  [
    "publish latency",
    "From the actual send to the broker's confirmation. It says nothing of delivery, and with acks 0 there is none.",
  ],
  [
    "schedule lag",
    "Actual minus intended send time: how late the load generator or the broker's backpressure made the sends.",
  ],
  [
    "open and closed loop",
    "In open loop, messages are due at a fixed rate, whatever the broker does. In closed loop the next send waits for an answer: its throughput is the maximum, its latencies are not response times, because a slow broker slows its own load.",
  ],
  [
    "throughput",
    "Messages read back intact, divided by the time from the first send until the log held the last one. A run that lost, duplicated, reordered or damaged messages beyond what its scenario allows has none.",
  ],
  [
    "durability class",
    "What a confirmation promises. none: nothing. os: in the operating system's cache, survives a killed process. fsync: on the device, survives a power loss. Ratios between classes are marked, since they compare different work.",
  ],
  [
    "validity",
    "harness-limited: the load generator, not the broker, was the limit. unstable: the run did not settle. contaminated: something else used the machine. Figures come from valid runs where there are any.",
  ],
  [
    "percentile charts",
    "Each further nine of the percentile gets the same width, so the slowest one in a thousand is as easy to read as the median. Curves end where fewer than ten samples lie above.",
  ],
];
