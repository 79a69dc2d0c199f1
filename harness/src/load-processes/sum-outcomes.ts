import type { ConsumerReport } from "../load/protocol.ts";
import type { ReaderOutcome } from "./reader.ts";

/** Of many readers the first have room for their examples. */
const MAX_EXAMPLES = 20;

type Counts = Omit<
  ConsumerReport,
  "type" | "firstDeliveryUs" | "lastDeliveryUs" | "backlog" | "early" | "histograms" | "windows" | "process"
>;

/** What all readers of a process found together. */
export function sumOutcomes(outcomes: readonly ReaderOutcome[]): Counts {
  const sum = (of: (outcome: ReaderOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    delivered: sum(({ delivered }) => delivered),
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ duplicated }) => duplicated),
    reordered: sum(({ reordered }) => reordered),
    corrupted: sum(({ corrupted }) => corrupted),
    dropped: sum(({ dropped }) => dropped),
    foreign: sum(({ foreign }) => foreign),
    deliveredSlowly: sum(({ slow, delivered }) => (slow ? delivered : 0)),
    slowEnded: outcomes.find(({ slow, ended }) => slow && ended !== null)?.ended ?? null,
    examples: outcomes.flatMap(({ examples }) => examples).slice(0, MAX_EXAMPLES),
    timedOut: outcomes.some(({ timedOut }) => timedOut),
  };
}
