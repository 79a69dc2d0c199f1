import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { HarnessError } from "../errors.ts";
import { resultFile, runDocument, SCHEMA_VERSION } from "../result/schema.ts";
import type { ComparedRun } from "./comparison.ts";

/**
 * Runs from result files, from what `run --json` printed, and from directories of either (their *.json, not deeper).
 * @throws HarnessError RESULT_INVALID naming the file and its first mistake.
 */
export async function readRuns(paths: readonly string[]): Promise<ComparedRun[]> {
  const files: string[] = [];
  for (const path of paths) files.push(...(await filesOf(path)));
  const runs: ComparedRun[] = [];
  for (const file of files) runs.push(...parseRuns(await read(file), file));
  return runs;
}

/** Text of a result file or of a run document -> its runs. Pure. */
export function parseRuns(text: string, source: string): ComparedRun[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(source, `not JSON: ${(cause as Error).message}`, cause);
  }
  const { schemaVersion, kind } = (typeof json === "object" && json !== null ? json : {}) as Record<
    string,
    unknown
  >;
  if (schemaVersion === undefined) throw invalid(source, "it has no schemaVersion");
  if (schemaVersion !== SCHEMA_VERSION) {
    throw invalid(
      source,
      `schemaVersion ${JSON.stringify(schemaVersion)}; this version reads ${SCHEMA_VERSION}`,
    );
  }
  if (kind === undefined) {
    const { runs } = checked(runDocument, json, source);
    return runs.map((run) => ({ run, notes: [], source: run.resultFile ?? source }));
  }
  const { summary, target } = checked(resultFile, json, source);
  return [{ run: summary, notes: target.notes, source }];
}

function checked<T>(schema: z.ZodType<T>, json: unknown, source: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(source, `${issue.path.join(".") || "the document"}: ${issue.message}`);
}

function invalid(source: string, reason: string, cause?: unknown): HarnessError {
  return new HarnessError("RESULT_INVALID", `${source} is no result: ${reason}`, {
    hint: "compare reads the files that brokermark run wrote, or what run --json printed",
    cause,
  });
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch((cause) => {
    throw invalid(path, cause.code === "ENOENT" ? "there is no such file" : cause.message, cause);
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith(".json")).sort();
  if (names.length === 0) throw invalid(path, "the directory has no .json file");
  return names.map((name) => join(path, name));
}

async function read(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause) => {
    throw invalid(file, cause.message, cause);
  });
}
