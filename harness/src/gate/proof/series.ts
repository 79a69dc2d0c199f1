/** Many gate jobs in a row, each on its own, kept in a file so that a series can be gone on with. */
import { appendFile, mkdir, open, readFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { HarnessError } from "../../errors.ts";
import type { GateEvidence } from "../evidence.ts";
import { readEvidence } from "../evidence-file.ts";

const SERIES_VERSION = 1;

/** One line for each finished job. */
const seriesLine = z.object({
  schemaVersion: z.literal(SERIES_VERSION),
  /** What the series is about: sides, scenarios and attack, as written. */
  question: z.string(),
  /** Of the job's evidence, relative to the series. */
  evidence: z.string(),
  finishedAt: z.string(),
});
type SeriesLine = z.infer<typeof seriesLine>;

export interface SeriesOptions {
  readonly file: string;
  readonly question: string;
  /** Jobs that the series has when it is done, those of earlier sessions included. */
  readonly jobs: number;
}

export interface SeriesDeps {
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Plays one job, its evidence into this directory; no job before it may count in it. */
  readonly play: (directory: string) => Promise<{ readonly file: string; readonly evidence: GateEvidence }>;
  readonly onJob: (evidence: GateEvidence, finished: number) => void;
}

/**
 * Evidence of all finished jobs. A job that was interrupted does not count and ends the series for now. Throws USAGE where the
 * file holds a series about something else, RESULT_INVALID where it does not read, and what a job throws.
 */
export async function playSeries(options: SeriesOptions, deps: SeriesDeps): Promise<GateEvidence[]> {
  const { file, question, jobs } = options;
  const home = dirname(resolve(file));
  await mkdir(home, { recursive: true });
  const lines = await readSeries(file);
  const other = lines.find((line) => line.question !== question);
  if (other !== undefined) {
    throw new HarnessError("USAGE", `${file} is a series about "${other.question}", not "${question}"`, {
      hint: "give it a file of its own with --series",
    });
  }
  const evidences: GateEvidence[] = [];
  for (const line of lines) evidences.push((await readEvidence(join(home, line.evidence))).evidence);
  while (evidences.length < jobs && !deps.signal.aborted) {
    const played = await deps.play(join(home, directoryName(file, evidences.length + 1, deps.now())));
    if (deps.signal.aborted || played.evidence.end?.reason === "interrupted") break;
    evidences.push(played.evidence);
    await appendLine(file, {
      ...{ schemaVersion: SERIES_VERSION, question },
      evidence: relative(home, resolve(played.file)),
      finishedAt: deps.now().toISOString(),
    });
    deps.onJob(played.evidence, evidences.length);
  }
  return evidences;
}

/** A last line without an end was cut off while it was written, and its job is played again. */
async function readSeries(file: string): Promise<SeriesLine[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) await cutTo(file, Buffer.byteLength(whole));
  return whole
    .split("\n")
    .slice(0, -1)
    .map((line, index) => parseLine(line, `${file}, line ${index + 1}`));
}

function parseLine(line: string, source: string): SeriesLine {
  try {
    return seriesLine.parse(JSON.parse(line));
  } catch (cause) {
    throw new HarnessError("RESULT_INVALID", `${source} is no line of a gate series`, { cause });
  }
}

async function cutTo(file: string, bytes: number): Promise<void> {
  await using handle = await open(file, "r+");
  await handle.truncate(bytes);
}

async function appendLine(file: string, line: SeriesLine): Promise<void> {
  await appendFile(file, `${JSON.stringify(line)}\n`);
}

/** Named with the time: what an interruption left is kept, and is no evidence of the job that is played in its place. */
function directoryName(file: string, job: number, now: Date): string {
  const time = now.toISOString().replaceAll(/[-:.]/g, "");
  return `${basename(file, extname(file))}-${String(job).padStart(4, "0")}-${time}`;
}
