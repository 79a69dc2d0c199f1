/** The edge of the trend: evidence and trend files in, pages and tables out. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HarnessError } from "../../errors.ts";
import { replay } from "../outputs/replay.ts";
import { otavaFiles } from "./otava-csv.ts";
import { pointKey, type TrendPoint } from "./point.ts";
import { pointsOfEvidence } from "./points-of-evidence.ts";
import type { TrendSeries } from "./trend.ts";
import { appendPoints, readTrendFile } from "./trend-file.ts";

export interface Added {
  readonly source: string;
  readonly points: number;
  /** Of these the file had all already. */
  readonly known: number;
}

/** Throws RESULT_INVALID for what is no evidence, or evidence of lost messages, before anything is written. */
export async function addEvidence(trendFile: string, sources: readonly string[]): Promise<readonly Added[]> {
  const replays = await replay(sources);
  const read = replays.map(({ sources: files, evidence, judgement }) => {
    const source = files.join(", ");
    return { source, points: pointsOfEvidence(evidence, judgement, source) };
  });
  const added: Added[] = [];
  for (const { source, points } of read) {
    const { length } = await appendPoints(trendFile, points);
    added.push({ source, points: length, known: points.length - length });
  }
  return added;
}

/** Of several files one after the other; a point that stands in two of them counts once. */
export async function readTrends(files: readonly string[]): Promise<readonly TrendPoint[]> {
  const points = new Map<string, TrendPoint>();
  for (const file of files) {
    for (const point of await readTrendFile(file)) points.set(pointKey(point), point);
  }
  return [...points.values()];
}

/** Returns the paths. Throws USAGE where they cannot be written. */
export async function writeOtavaFiles(directory: string, series: readonly TrendSeries[]): Promise<string[]> {
  const files = otavaFiles(series).map(({ name, text }) => ({ path: join(directory, name), text }));
  for (const { path, text } of files) await write(path, text);
  return files.map(({ path }) => path);
}

/** Throws USAGE where it cannot be written. */
export async function writeTrendPage(
  path: string,
  series: readonly TrendSeries[],
  command: string,
): Promise<void> {
  const { renderTrendPage } = await import("./html.ts");
  await write(path, renderTrendPage(series, command));
}

async function write(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (cause) {
    throw new HarnessError("USAGE", `${path}: ${(cause as Error).message}`, { cause });
  }
}
