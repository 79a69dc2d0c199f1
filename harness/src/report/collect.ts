import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { HarnessError } from "../errors.ts";
import type { ResultFile } from "../result/schema.ts";
import { loadResult } from "../result/store.ts";

/** A result file is a few hundred kilobytes; anything this large is something else. */
const MAX_FILE_BYTES = 64 * 2 ** 20;

/**
 * Results of the files given and of the `.json` files directly in the directories given, each file once, by time of
 * creation. Throws HarnessError: RESULT_INVALID for a file that is no result, NOTHING_EXECUTED when there is none.
 */
export async function collectResults(paths: readonly string[]): Promise<readonly ResultFile[]> {
  const files = (await Promise.all(paths.map(filesAt))).flat();
  if (files.length === 0) {
    throw new HarnessError("NOTHING_EXECUTED", `no result file in ${paths.join(", ")}`, {
      hint: "`brokermark run` writes result files; give one of them or their directory.",
    });
  }
  const results: ResultFile[] = [];
  for (const file of new Set(files)) results.push(await loadResult(file));
  return results.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

async function filesAt(path: string): Promise<readonly string[]> {
  const found = await statOf(path);
  if (found.isDirectory()) {
    const names = (await readdir(path)).filter((name) => name.endsWith(".json") && !name.startsWith("."));
    return (await Promise.all(names.sort().map((name) => filesAt(join(path, name))))).flat();
  }
  if (found.size > MAX_FILE_BYTES) {
    throw new HarnessError("RESULT_INVALID", `${path} has ${found.size} bytes, too many for a result file`);
  }
  return [path];
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw new HarnessError("RESULT_INVALID", `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
