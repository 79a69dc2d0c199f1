/** Result files on disk: one per run, written whole or not at all, never over one another. */
import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { HarnessError } from "../errors.ts";
import { type ResultFile, resultFile, SCHEMA_VERSION } from "./schema.ts";

export const DEFAULT_RESULT_DIRECTORY = "results";

/** `20261121T012100123Z-megabatch-standard-kafka-1.json`: sorts by time, says what it is. */
export function resultFileName(result: Pick<ResultFile, "createdAt" | "summary">): string {
  const { scenario, profile, target, repetition } = result.summary;
  const time = result.createdAt.replaceAll(/[-:.]/g, "");
  return `${[time, scenario, profile, target.name, repetition].join("-").replaceAll(/[^\w.-]/g, "_")}.json`;
}

/**
 * Writes the result with its own path in `summary.resultFile` and returns what was written. The path is
 * relative to the working directory where it lies below it.
 */
export async function storeResult(directory: string, result: ResultFile): Promise<ResultFile> {
  await mkdir(directory, { recursive: true });
  const base = join(directory, resultFileName(result));
  const draft = join(directory, `.${randomUUID()}.tmp`);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const path = attempt === 1 ? base : base.replace(/\.json$/, `.${attempt}.json`);
      const stored = { ...result, summary: { ...result.summary, resultFile: displayPath(path) } };
      await writeFile(draft, `${JSON.stringify(stored)}\n`);
      if (await linkUnlessTaken(draft, path)) return stored;
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Reads and checks a result file. Throws RESULT_INVALID naming the file and the first mistake. */
export async function loadResult(path: string): Promise<ResultFile> {
  const parsed = resultFile.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  throw new HarnessError("RESULT_INVALID", `${path} is no result file: ${where}${issue?.message}`, {
    hint: `Result files come from \`brokermark run\` and have schemaVersion ${SCHEMA_VERSION}.`,
  });
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new HarnessError("RESULT_INVALID", `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** A hard link is atomic and, unlike a rename, does not replace what is there. */
async function linkUnlessTaken(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function displayPath(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown.startsWith("..") ? path : shown;
}
