import type { ReportModel } from "../../../reports/src/model.ts";
import { REFERENCE } from "../compare/pairing.ts";
import { invariant } from "../errors.ts";
import type { ResultFile } from "../result/schema.ts";
import { evidenceSection } from "./evidence.ts";
import { factsOf, GLOSSARY, measuredAt } from "./facts.ts";
import { list } from "./format.ts";
import { groupResults } from "./group.ts";
import { overviewSection, profileSection } from "./sections.ts";
import { verdictOf } from "./verdict.ts";

/**
 * The report of some results: a pure function of them, so that a report can be made again and compared.
 * @param given at least one
 * @param command the command line that made the report, or the run
 */
export function buildReportModel(given: readonly ResultFile[], command: string): ReportModel {
  invariant(given.length > 0, "a report needs a result");
  const results = given.toSorted(referenceFirst);
  const groups = groupResults(results);
  const overview = overviewSection(groups);
  const scenarios = [...new Set(groups.map(({ scenario }) => scenario))];
  const targets = [...new Set(results.map(({ summary }) => summary.target.name))];
  return {
    title: `Brokermark: ${list(scenarios)} on ${list(targets)}`,
    command,
    measuredAt: measuredAt(results),
    verdict: verdictOf(groups, results),
    facts: factsOf(results),
    glossary: GLOSSARY,
    sections: [...(overview ? [overview] : []), ...groups.map(profileSection), evidenceSection(results)],
  };
}

/** The yardstick stands first everywhere, and so has the first colour. */
function referenceFirst(a: ResultFile, b: ResultFile): number {
  return Number(b.summary.target.name === REFERENCE) - Number(a.summary.target.name === REFERENCE);
}
