import type { ReportVerdict } from "../../../reports/src/model.ts";
import type { ResultFile } from "../result/schema.ts";
import { comparisons, comparisonText } from "./comparison.ts";
import { list, plural, significant, whole } from "./format.ts";
import type { ProfileGroup } from "./group.ts";
import { spreadOfMeasured } from "./spread.ts";

type Statement = ReportVerdict["statements"][number];

/** The banner: what was measured, on which terms, whether intact and valid, and the headline ratio with its spread. */
export function verdictOf(groups: readonly ProfileGroup[], results: readonly ResultFile[]): ReportVerdict {
  const rate = comparisons(groups, "throughput");
  const [first, ...others] = rate.map((one) =>
    comparisonText(one, { verb: "delivers", what: "the messages per second" }),
  );
  const latency = comparisons(groups, "responseP99").map((one) =>
    comparisonText(one, { verb: "has", what: "the 99 % response time" }),
  );
  const cpu = comparisons(groups, "cpu").map((one) =>
    comparisonText(one, { verb: "needs", what: "the CPU per message" }),
  );
  const statements: Statement[] = [
    { label: "Measured", text: measured(groups, results), tone: "plain" },
    ...others.map((text): Statement => ({ label: "Throughput", text, tone: "plain" })),
    ...latency.map((text): Statement => ({ label: "Latency", text, tone: "plain" })),
    ...cpu.map((text): Statement => ({ label: "Cost", text, tone: "plain" })),
    integrity(results),
    validity(results),
    terms(groups),
  ];
  const tones = statements.map(({ tone }) => tone);
  return {
    tone: tones.includes("bad") ? "bad" : tones.includes("warn") ? "warn" : "good",
    headline: (first ?? headlineAlone(groups)).replace(/^the /, "The "),
    statements,
  };
}

/** Without a ratio: the fastest sweep point. */
function headlineAlone(groups: readonly ProfileGroup[]): string {
  const rates = groups.flatMap(({ profile, points }) =>
    points.flatMap(({ label, sets }) =>
      sets.flatMap(({ target, used, basis }) => {
        const spread = spreadOfMeasured(used.map(({ summary }) => summary.throughput.messagesPerSecond));
        return spread ? [{ target, spread, basis, where: label ? `${profile}, ${label}` : profile }] : [];
      }),
    ),
  );
  const [best] = rates.sort((a, b) => b.spread.median - a.spread.median);
  if (!best) return "No figure to report: no run delivered its messages intact";
  const { median, min, max, count } = best.spread;
  const spread =
    count > 1
      ? `${significant(min)} to ${significant(max)} over ${plural(count, "repetition")}`
      : "one repetition, spread unknown";
  const upTo = rates.length > 1 ? "up to " : "";
  return `${best.target} delivers ${upTo}${significant(median)} messages per second in ${best.where} (${spread}${best.basis === "valid" ? "" : "; no valid run"})`;
}

function measured(groups: readonly ProfileGroup[], results: readonly ResultFile[]): string {
  const profiles = Map.groupBy(groups, ({ scenario }) => scenario);
  const scenarios = [...profiles].map(([name, of]) => `${name} (${list(of.map(({ profile }) => profile))})`);
  const targets = new Set(results.map(({ summary: { target } }) => `${target.name} ${target.version}`));
  return `${list(scenarios)} on ${list([...targets])}: ${plural(results.length, "run")}`;
}

function integrity(results: readonly ResultFile[]): Statement {
  const label = "Integrity";
  const sum = (kind: "published" | "delivered" | "lost" | "duplicated" | "reordered" | "corrupted"): number =>
    results.reduce((total, { summary }) => total + summary.integrity[kind], 0);
  const broken = results.filter(({ summary }) => summary.integrity.verdict === "invalid").length;
  const unknown = results.filter(({ summary }) => summary.integrity.verdict === "unknown").length;
  const counts = `${whole(sum("lost"))} lost, ${whole(sum("duplicated"))} duplicated, ${whole(sum("reordered"))} reordered, ${whole(sum("corrupted"))} corrupted`;
  if (broken > 0) {
    const text = `${whole(broken)} of ${plural(results.length, "run")} not intact: ${counts}; their figures are withheld`;
    return { label, text, tone: "bad" };
  }
  if (unknown > 0) {
    const text = `${whole(unknown)} of ${plural(results.length, "run")} not read back in full; of the rest ${counts}`;
    return { label, text, tone: "warn" };
  }
  const text = `every message read back and checked: ${whole(sum("published"))} published, ${whole(sum("delivered"))} delivered, ${counts}`;
  return { label, text, tone: "good" };
}

function validity(results: readonly ResultFile[]): Statement {
  const label = "Validity";
  const others = results.filter(({ summary }) => summary.validity.verdict !== "valid");
  if (others.length === 0) {
    return { label, text: `${plural(results.length, "run")}, all valid`, tone: "good" };
  }
  const kinds = [...Map.groupBy(others, ({ summary }) => summary.validity.verdict)];
  const words = kinds.map(([verdict, runs]) => `${whole(runs.length)} ${verdict}`);
  const limited = kinds.some(([verdict]) => verdict === "harness-limited");
  return {
    label,
    text: `${whole(results.length - others.length)} of ${plural(results.length, "run")} valid; ${list(words)}${
      limited ? " (the broker may be faster than a harness-limited figure says)" : ""
    }`,
    tone: "warn",
  };
}

/** Equal durability at every sweep point, which is what makes a ratio fair. */
function terms(groups: readonly ProfileGroup[]): Statement {
  const label = "Terms";
  const classesOf = (sets: ProfileGroup["points"][number]["sets"]): Set<string> =>
    new Set(sets.flatMap(({ runs }) => runs.map(({ summary }) => summary.target.durability ?? "unknown")));
  const points = groups.flatMap((group) => group.points);
  const all = classesOf(points.flatMap(({ sets }) => sets));
  const words = list([...all].sort());
  if (points.some(({ sets }) => classesOf(sets).size > 1)) {
    return { label, text: `durability classes differ between targets: ${words}`, tone: "warn" };
  }
  if (all.has("unknown")) return { label, text: "durability class unknown", tone: "warn" };
  const targets = new Set(points.flatMap(({ sets }) => sets.map(({ target }) => target)));
  const equal = targets.size > 1 ? ", equal for all targets at every sweep point" : "";
  return { label, text: `durability class ${words}${equal}`, tone: "good" };
}
