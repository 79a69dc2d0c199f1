import { HarnessError } from "../errors.ts";
import { sourceFrame } from "./source-frame.ts";

/** One mistake in a scenario. Line and column count from 1; path is from the root of the document. */
export interface ScenarioProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What was probably meant. */
  readonly suggestion: string | null;
  readonly line: number;
  readonly column: number;
  /** Characters to mark. */
  readonly length: number;
}

/** All mistakes of one scenario file at once, each with its place and the line it is on. */
export class ScenarioError extends HarnessError {
  readonly file: string;
  readonly problems: readonly ScenarioProblem[];

  constructor(file: string, text: string, problems: readonly ScenarioProblem[]) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    super("SCENARIO_INVALID", sorted.map((problem) => describe(file, text, problem)).join("\n\n"), {
      hint: "brokermark schema prints the format for your editor",
    });
    this.name = "ScenarioError";
    this.file = file;
    this.problems = sorted;
  }
}

function describe(file: string, text: string, problem: ScenarioProblem): string {
  const meant = problem.suggestion === null ? "" : `; did you mean ${problem.suggestion}?`;
  const head = `${file}:${problem.line}:${problem.column}: ${problem.message}${meant}`;
  return `${head}\n${sourceFrame(text, problem.line, problem.column, problem.length)}`;
}
