/** JUnit XML of a conformance run: what CI servers read. */
import { type JunitOutcome, renderJunitSuite } from "../result/junit-xml.ts";
import type { JudgedOutcome } from "./expectations.ts";
import { renderFailure, replayCommand } from "./render.ts";
import type { ConformanceReport } from "./summary.ts";

/** A known deviation and a missing capability are `skipped`, with the reason; never a silent pass. */
export function renderJunit(report: ConformanceReport): string {
  const { outcomes, suite, product, version, durationMs } = report;
  const cases = outcomes.map((outcome) => ({
    className: suite,
    name: `${outcome.id} ${outcome.requirement}`,
    seconds: outcome.durationMs / 1000,
    outcome: junitOutcome(outcome, report),
  }));
  return renderJunitSuite(`${suite} on ${product} ${version}`, durationMs / 1000, cases);
}

function junitOutcome(outcome: JudgedOutcome, report: ConformanceReport): JunitOutcome | null {
  const skip = skipReason(outcome);
  if (skip !== null) return { kind: "skipped", message: skip };
  if (outcome.standing !== "unexpected-failure") return null;
  return {
    kind: outcome.status === "error" ? "error" : "failure",
    message: firstLine(outcome.actual),
    text: renderFailure(outcome, replayCommand(report, outcome.id)),
  };
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
