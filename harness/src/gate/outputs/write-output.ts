/** The edge of the outputs: files, stdout and the step summary of GitHub. */
import { appendFile, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { HarnessError } from "../../errors.ts";
import type { GateEvidence } from "../evidence.ts";
import type { Judgement } from "../judgement.ts";
import { renderSummary, SUMMARY_LIMIT_BYTES } from "./github-summary.ts";
import type { GateOutput } from "./index.ts";

/**
 * Writes one output and returns the paths of what was written; `-` writes to stdout and returns none.
 * Throws USAGE where the path cannot be written.
 */
export async function writeOutput(
  output: GateOutput,
  path: string,
  evidence: GateEvidence,
  judgement: Judgement,
): Promise<readonly string[]> {
  const rendered = await output.render(evidence, judgement);
  const parts = typeof rendered === "string" ? [{ infix: "", text: rendered }] : rendered;
  if (path === "-") {
    for (const { text } of parts) process.stdout.write(text);
    return [];
  }
  const files = parts.map(({ infix, text }) => ({ path: withInfix(path, infix), text }));
  try {
    await mkdir(dirname(path), { recursive: true });
    for (const file of files) await writeFile(file.path, file.text);
  } catch (cause) {
    throw new HarnessError("USAGE", `--${output.flag} ${path}: ${(cause as Error).message}`, { cause });
  }
  return files.map((file) => file.path);
}

/** `bench.json` and `smaller` make `bench.smaller.json`. */
function withInfix(path: string, infix: string): string {
  const extension = extname(path);
  return infix === "" ? path : `${path.slice(0, path.length - extension.length)}.${infix}${extension}`;
}

/**
 * Appends the summary to the file that GitHub shows on the job's page, within what a step may have there together with what
 * earlier commands of the step wrote. Returns whether there was room.
 * @param path value of GITHUB_STEP_SUMMARY
 */
export async function appendStepSummary(
  path: string,
  evidence: GateEvidence,
  judgement: Judgement,
): Promise<boolean> {
  const used = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  const text = renderSummary(evidence, judgement, SUMMARY_LIMIT_BYTES - used);
  if (text === "") return false;
  await appendFile(path, text);
  return true;
}
