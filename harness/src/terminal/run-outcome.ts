import { dirname } from "node:path";
import type { RunSummary } from "../result/schema.ts";
import type { SessionDocument } from "../run/document.ts";
import { parameterList, varyingKeys } from "./load-words.ts";
import { ratePerSecond } from "./quantities.ts";
import { renderRunTable } from "./run-table.ts";

/** What `run` prints at its end: the table, what the generator could have done, and where the files lie. */
export function renderOutcome({ runs, failures, reportFile }: SessionDocument): string {
  const blocks = [renderRunTable(runs)];
  const ceilings = ceilingLines(runs);
  if (ceilings.length > 0) blocks.push(ceilings.join("\n"));
  if (failures.length > 0) blocks.push(failures.map(failureLine).join("\n"));
  const files = fileLines(runs, reportFile);
  if (files.length > 0) blocks.push(files.join("\n"));
  return blocks.join("\n\n");
}

/** One line for each load: equal loads have one ceiling. */
function ceilingLines(runs: readonly RunSummary[]): string[] {
  const lines = runs.flatMap(({ scenario, profile, protocol, parameters, generatorCeiling }) => {
    if (generatorCeiling === null) return [];
    const alike = runs.filter((run) => run.scenario === scenario && run.profile === profile);
    const load = parameterList(parameters, varyingKeys(alike.map((run) => run.parameters)));
    return [
      `generator ceiling, ${scenario} ${profile} over ${protocol}${load === "" ? "" : ` (${load})`}: ${ratePerSecond(generatorCeiling)}`,
    ];
  });
  return [...new Set(lines)];
}

function failureLine({ target, code, message }: SessionDocument["failures"][number]): string {
  return `${target} did not run (${code}): ${message}`;
}

function fileLines(runs: readonly RunSummary[], reportFile: string | null): string[] {
  const directories = new Set(
    runs.flatMap(({ resultFile }) => (resultFile === null ? [] : [dirname(resultFile)])),
  );
  const lines = [...directories].map((directory) => `results: ${directory}/`);
  return reportFile === null ? lines : [...lines, `report:  ${reportFile}`];
}
