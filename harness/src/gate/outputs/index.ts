/**
 * What a gate job leaves for people and CI systems besides the terminal's words. One table: flags, help and documentation derive
 * from it. What renders is loaded when it is asked for.
 */
import type { GateEvidence } from "../evidence.ts";
import type { Judgement } from "../judgement.ts";

/** A format that needs several files names each by what goes before the extension: `bench.json` gives `bench.smaller.json`. */
export interface OutputPart {
  readonly infix: string;
  readonly text: string;
}

export interface GateOutput {
  /** Of the option that takes the file's path; `-` is stdout. */
  readonly flag: string;
  /** How such a file is usually called. */
  readonly fileName: string;
  readonly summary: string;
  /** A function of what was measured alone: the same evidence gives the same bytes. */
  readonly render: (evidence: GateEvidence, judgement: Judgement) => Promise<string | readonly OutputPart[]>;
}

export const GATE_OUTPUTS: readonly GateOutput[] = [
  {
    flag: "report",
    fileName: "gate.json",
    summary: "The whole evidence and its judgement as JSON; --replay reads it.",
    render: async (evidence, judgement) =>
      (await import("./report.ts")).renderReportJson(evidence, judgement),
  },
  {
    flag: "html",
    fileName: "gate.html",
    summary: "One page with every round's effect, its interval and its limit.",
    render: async (evidence, judgement) => (await import("./html.ts")).renderHtml(evidence, judgement),
  },
  {
    flag: "junit",
    fileName: "gate.xml",
    summary: "JUnit XML: a test case for each scenario and metric.",
    render: async (evidence, judgement) => (await import("./junit.ts")).renderJunit(evidence, judgement),
  },
  {
    flag: "github-summary",
    fileName: "gate.md",
    summary: "Markdown for a GitHub job summary; also appended to $GITHUB_STEP_SUMMARY where that is set.",
    render: async (evidence, judgement) =>
      (await import("./github-summary.ts")).renderSummary(evidence, judgement),
  },
  {
    flag: "annotations",
    fileName: "gate.annotations",
    summary: "GitHub workflow commands (::error, ::warning, ::notice), one for a scenario at most.",
    render: async (evidence, judgement) =>
      (await import("./annotations.ts")).renderAnnotations(evidence, judgement),
  },
  {
    flag: "comment",
    fileName: "gate-comment.md",
    summary: "Text of one comment on a pull request, to be found again by its hidden marker.",
    render: async (evidence, judgement) => (await import("./comment.ts")).renderComment(evidence, judgement),
  },
  {
    flag: "benchmark-action",
    fileName: "benchmark.json",
    summary:
      "For github-action-benchmark: FILE.smaller.json and FILE.bigger.json, in percent of the baseline.",
    render: async (_evidence, judgement) =>
      (await import("./benchmark-action.ts")).renderBenchmarkAction(judgement),
  },
  {
    flag: "bencher",
    fileName: "bencher.json",
    summary: "Bencher Metric Format, in percent of the baseline.",
    render: async (_evidence, judgement) => (await import("./bencher.ts")).renderBencher(judgement),
  },
  {
    flag: "openmetrics",
    fileName: "gate.prom",
    summary: "OpenMetrics text: effects, intervals, limits and verdicts as gauges.",
    render: async (_evidence, judgement) => (await import("./openmetrics.ts")).renderOpenMetrics(judgement),
  },
  {
    flag: "csv",
    fileName: "gate.csv",
    summary: "One row for each scenario, metric and round.",
    render: async (evidence, judgement) => (await import("./csv.ts")).renderCsv(evidence, judgement),
  },
];
