/** Words for the terminal. */
import type { Standing } from "./expectations.ts";
import type { JudgedOutcome } from "./expectations.ts";
import type { Status } from "./outcome.ts";
import type { ConformanceReport } from "./summary.ts";

const FRAMES_SHOWN = 20;

const MARKS: Readonly<Record<Status, string>> = {
  pass: "ok  ",
  "non-strict": "ok~ ",
  fail: "FAIL",
  unsupported: "n/a ",
  inconclusive: "????",
  error: "ERR ",
};

/** One line of progress. */
export function renderOutcomeLine({
  id,
  status,
  standing,
  requirement,
  durationMs,
  actual,
}: JudgedOutcome): string {
  const time = `${String(durationMs).padStart(6)} ms`;
  const word = STANDING_WORDS[standing];
  const told = status === "pass" ? "" : `  [${firstLine(actual)}]`;
  return `${MARKS[status]} ${id.padEnd(12)} ${time}  ${requirement}${word}${told}`;
}

const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  "as-expected": "",
  "unexpected-failure": "",
  "unexpected-pass": "  (passes, though a deviation is on file)",
  undecided: "",
};

function firstLine(text: string | null): string {
  return (text ?? "").split("\n", 1)[0]!;
}

/** Requirement, expected, actual, last frames, seed and how to see it again. */
export function renderFailure(outcome: JudgedOutcome, replay: string): string {
  const { id, level, requirement, source, expected, actual, transcript, seed, reason } = outcome;
  const lines = [
    `${id} (${level}): ${requirement}`,
    `  source    ${source}`,
    `  expected  ${expected ?? "the case to end"}`,
    `  actual    ${(actual ?? "").replaceAll("\n", "\n            ")}`,
    ...(reason === null ? [] : [`  known     ${reason}`]),
    `  frames    the last ${Math.min(FRAMES_SHOWN, transcript.length)}:`,
    ...transcript.slice(-FRAMES_SHOWN).map((line) => `    ${line}`),
    `  seed      ${seed}`,
    `  replay    ${replay}`,
  ];
  return lines.join("\n");
}

export function replayCommand(
  report: Pick<ConformanceReport, "target" | "suite" | "seed" | "mutant">,
  id: string,
): string {
  const mutant = report.mutant === null ? "" : ` --mutant ${report.mutant}`;
  return `brokermark conform --target ${report.target} --suite ${report.suite} --case ${id} --seed ${report.seed}${mutant}`;
}

export function renderSummary(report: ConformanceReport): string {
  const { byStatus, byStanding, executed } = report.summary;
  const shown = report.outcomes.filter(
    ({ standing }) => standing === "unexpected-failure" || standing === "undecided",
  );
  const failures = shown.map((outcome) => `\n${renderFailure(outcome, replayCommand(report, outcome.id))}\n`);
  const lines = [
    ...failures,
    "",
    `${report.suite} on ${report.product} ${report.version}${report.mutant === null ? "" : ` with mutant ${report.mutant}`}`,
    `passed ${byStatus.pass} of ${executed} executed; non-strict ${byStatus["non-strict"]}, failed ${byStatus.fail}, ` +
      `inconclusive ${byStatus.inconclusive}, errors ${byStatus.error}; unsupported ${byStatus.unsupported}`,
    `expectations: ${report.expectations ?? "none on file"}; as expected ${byStanding["as-expected"]}, ` +
      `unexpected failures ${byStanding["unexpected-failure"]}, unexpected passes ${byStanding["unexpected-pass"]}`,
    `seed ${report.seed}, ${(report.durationMs / 1000).toFixed(1)} s`,
  ];
  return lines.join("\n");
}
