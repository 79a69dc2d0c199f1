/** Trend files: JSON lines, only ever appended to, so that a branch or an artifact keeps them without conflicts. */
import { appendFile, mkdir, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { HarnessError } from "../../errors.ts";
import { pointKey, TREND_SCHEMA_VERSION, type TrendPoint, trendPoint } from "./point.ts";

/** More than a hundred thousand jobs of two scenarios. */
const MAX_TREND_BYTES = 1024 * 1024 * 1024;

/** Throws RESULT_INVALID naming file, line and the first mistake. `mayMiss`: a missing file is an empty one. */
export async function readTrendFile(path: string, mayMiss = false): Promise<readonly TrendPoint[]> {
  try {
    const { size } = await stat(path);
    if (size > MAX_TREND_BYTES) throw new Error(`${size} bytes are more than a trend has`);
    return parseTrend(await readFile(path, "utf8"), path);
  } catch (cause) {
    if (cause instanceof HarnessError) throw cause;
    if (mayMiss && (cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw invalid(path, (cause as Error).message, cause);
  }
}

/** @param source named in errors */
export function parseTrend(text: string, source: string): readonly TrendPoint[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => parseLine(line, `${source}: line ${index + 1}`));
}

function parseLine(line: string, place: string): TrendPoint {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw invalid(place, (cause as Error).message, cause);
  }
  const { schemaVersion } = (value ?? {}) as { schemaVersion?: unknown };
  if (typeof schemaVersion === "number" && schemaVersion !== TREND_SCHEMA_VERSION) {
    throw invalid(place, `schemaVersion ${schemaVersion}; this brokermark reads ${TREND_SCHEMA_VERSION}`);
  }
  const parsed = trendPoint.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(place, `${issue?.path.join(".")}: ${issue?.message}`);
}

function invalid(place: string, what: string, cause?: unknown): HarnessError {
  return new HarnessError("RESULT_INVALID", `${place} is no trend point: ${what}`, {
    hint: "Trend files are written by `brokermark trend FILE --add EVIDENCE`.",
    cause,
  });
}

/** Points that are there already are left out; of none the file is made all the same. Returns what was appended. */
export async function appendPoints(
  path: string,
  points: readonly TrendPoint[],
): Promise<readonly TrendPoint[]> {
  const known = new Set((await readTrendFile(path, true)).map(pointKey));
  const added = points.filter((point) => !known.has(pointKey(point)));
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, added.map((point) => `${JSON.stringify(point)}\n`).join(""));
  return added;
}
