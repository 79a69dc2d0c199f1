/** JUnit XML of a conformance run: what CI servers read. */
import type { JudgedOutcome } from "./expectations.ts";
import { renderFailure, replayCommand } from "./render.ts";
import type { ConformanceReport } from "./summary.ts";

/** A known deviation and a missing capability are `skipped`, with the reason; never a silent pass. */
export function renderJunit(report: ConformanceReport): string {
  const { outcomes, summary } = report;
  const skipped = outcomes.filter((outcome) => skipReason(outcome) !== null).length;
  const head =
    `<testsuite name="${escapeXml(`${report.suite} on ${report.product} ${report.version}`)}" tests="${outcomes.length}" ` +
    `failures="${summary.byStanding["unexpected-failure"] - summary.byStatus.error}" errors="${summary.byStatus.error}" ` +
    `skipped="${skipped}" time="${(report.durationMs / 1000).toFixed(3)}">`;
  const cases = outcomes.map((outcome) => renderCase(outcome, report));
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...cases, "</testsuite>", ""].join("\n");
}

function renderCase(outcome: JudgedOutcome, report: ConformanceReport): string {
  const open =
    `  <testcase classname="${escapeXml(report.suite)}" name="${escapeXml(`${outcome.id} ${outcome.requirement}`)}" ` +
    `time="${(outcome.durationMs / 1000).toFixed(3)}"`;
  const inner = renderVerdict(outcome, report);
  return inner === null ? `${open}/>` : `${open}>${inner}</testcase>`;
}

function renderVerdict(outcome: JudgedOutcome, report: ConformanceReport): string | null {
  const skip = skipReason(outcome);
  if (skip !== null) return `<skipped message="${escapeXml(skip)}"/>`;
  if (outcome.standing !== "unexpected-failure") return null;
  const tag = outcome.status === "error" ? "error" : "failure";
  const text = renderFailure(outcome, replayCommand(report, outcome.id));
  return `<${tag} message="${escapeXml(firstLine(outcome.actual))}">${escapeXml(text)}</${tag}>`;
}

function skipReason({ status, standing, reason, actual }: JudgedOutcome): string | null {
  if (status === "unsupported") return `unsupported: ${firstLine(actual)}`;
  if (status === "inconclusive") return `inconclusive: ${firstLine(actual)}`;
  if (status === "fail" && standing === "as-expected") return `known deviation: ${reason}`;
  return null;
}

function firstLine(text: string | null): string {
  return (text ?? "").split("\n", 1)[0]!;
}

function escapeXml(text: string): string {
  const printable = text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, "?");
  return printable
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
