import type { ReportCell } from "../../../reports/src/model.ts";
import type { ResultFile } from "../result/schema.ts";
import { DASH, range, significant, times, whole } from "./format.ts";
import type { RunSet, SweepPoint } from "./group.ts";
import { durabilityOf, isReference, type RatioMetric, ratioToReference } from "./ratio.ts";
import { spreadOfMeasured } from "./spread.ts";

const MISSING: ReportCell = { text: DASH, tone: "muted", title: "not measured" };

/** A reason stands in place of figures that must not be read. */
const WITHHELD: ReportCell = {
  text: "withheld",
  tone: "bad",
  title: "messages were lost or damaged: no figure to report",
};

export function targetCell(set: RunSet): ReportCell {
  const { name, version } = set.runs[0]!.summary.target;
  return { text: set.target, title: `${name} ${version}`, colourKey: set.target };
}

/** Median of the repetitions with lowest and highest beneath it; muted where no run behind it was valid. */
export function spreadCell(
  set: RunSet,
  metric: (result: ResultFile) => number | null,
  text: (value: number) => string = (value) => significant(value),
): ReportCell {
  if (set.basis === "none") return WITHHELD;
  const spread = spreadOfMeasured(set.used.map(metric));
  if (!spread) return MISSING;
  return {
    text: text(spread.median),
    ...rangeDetail(text(spread.median), text(spread.min), text(spread.max)),
    ...notValid(set),
  };
}

export function ratioCell(point: SweepPoint, set: RunSet, metric: RatioMetric): ReportCell {
  if (isReference(set)) return { text: "1", tone: "muted", title: "the reference itself" };
  const ratio = set.basis === "none" ? null : ratioToReference(point, set, metric);
  if (!ratio) return MISSING;
  const { median, min, max, interval } = ratio.spread;
  const { detail } = rangeDetail(times(median), times(interval?.low ?? min), times(interval?.high ?? max));
  const details = [detail, ratio.unequal && "unequal durability"].filter(Boolean).join(", ");
  return {
    text: times(median),
    ...(details ? { detail: details } : {}),
    ...(ratio.unequal ? unequalTone(ratio.unequal) : notValid(set)),
  };
}

/** Nothing where all repetitions print alike. */
function rangeDetail(median: string, low: string, high: string): Pick<ReportCell, "detail"> {
  return low === median && high === median ? {} : { detail: range(low, high) };
}

function unequalTone([target, reference]: readonly [string, string]): Pick<ReportCell, "tone" | "title"> {
  return { tone: "warn", title: `durability class ${target} against ${reference}: not on equal terms` };
}

function notValid(set: RunSet): Pick<ReportCell, "tone" | "title"> {
  return set.basis === "not-valid"
    ? { tone: "warn", title: "no run behind this figure was both valid and checked" }
    : {};
}

export function durabilityCell(set: RunSet): ReportCell {
  return { text: durabilityOf(set), title: set.runs[0]!.target.durabilityEvidence };
}

/** `intact`, or what went wrong in how many messages. */
export function integrityCell(runs: readonly ResultFile[]): ReportCell {
  const faults = (["lost", "duplicated", "reordered", "corrupted"] as const)
    .map((kind) => [kind, runs.reduce((sum, { summary }) => sum + summary.integrity[kind], 0)] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${whole(count)} ${kind}`);
  const verdicts = runs.map(({ summary }) => summary.integrity.verdict);
  if (verdicts.includes("invalid")) return { text: "not intact", detail: faults.join(", "), tone: "bad" };
  const dropped = runs.reduce((sum, { summary }) => sum + summary.integrity.dropped, 0);
  const expired = runs.reduce((sum, { summary }) => sum + summary.integrity.expired, 0);
  const remarks = [
    ...(faults.length > 0 ? [`${faults.join(", ")} (allowed)`] : []),
    ...(dropped > 0 ? [`${whole(dropped)} dropped by policy`] : []),
    ...(expired > 0 ? [`${whole(expired)} expired`] : []),
  ];
  const detail = remarks.length > 0 ? { detail: remarks.join(", ") } : {};
  if (verdicts.includes("unknown"))
    return { text: "unknown", ...detail, tone: "warn", title: "not read back" };
  return { text: "intact", ...detail, tone: "good" };
}

/** `3 of 3 valid`, with the verdicts of the others. */
export function validityCell(runs: readonly ResultFile[]): ReportCell {
  const others = runs.filter(({ summary }) => summary.validity.verdict !== "valid");
  const text = `${runs.length - others.length} of ${runs.length}`;
  if (others.length === 0) return { text, tone: "good" };
  const reasons = others.flatMap(({ summary }) => summary.validity.reasons);
  return {
    text,
    detail: [...new Set(others.map(({ summary }) => summary.validity.verdict))].join(", "),
    tone: "warn",
    title: [...new Set(reasons)].join("; "),
  };
}
