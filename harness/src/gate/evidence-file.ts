/** Evidence on disk: JSON lines, appended as they come, so that a job that was cut off keeps what it measured and can go on. */
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import type { z } from "zod";
import { HarnessError } from "../errors.ts";
import {
  type EvidenceLine,
  evidenceLine,
  GATE_SCHEMA_VERSION,
  type GateEvidence,
  type JobLine,
} from "./evidence.ts";

/** Two hundred times what a long job writes. */
const MAX_EVIDENCE_BYTES = 512 * 1024 * 1024;

export interface ReadEvidence {
  readonly evidence: GateEvidence;
  /** What was amiss and could be mended, in sentences. */
  readonly notes: readonly string[];
}

/** Throws RESULT_INVALID naming the file, the line and the first mistake. */
export async function readEvidence(path: string): Promise<ReadEvidence> {
  return parseEvidence(await readEvidenceText(path), path);
}

/** The text of an evidence file or of a report. Throws RESULT_INVALID where it cannot be read or is larger than any. */
export async function readEvidenceText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_EVIDENCE_BYTES) throw new Error(`${size} bytes are more than any job writes`);
    return await readFile(path, "utf8");
  } catch (cause) {
    throw invalid(path, (cause as Error).message, cause);
  }
}

/**
 * The last line of a job that was killed while it wrote is dropped with a note, if it has no line end and does not read. A round
 * after an `end` means that the job went on, so only an `end` that is last counts.
 * @param source named in errors and notes
 */
export function parseEvidence(text: string, source: string): ReadEvidence {
  const { lines, notes } = evidenceLines(text, source);
  const [job, ...others] = lines;
  if (job?.type !== "job") throw invalid(source, "its first line is no job");
  const scenarios = new Set(job.scenarios.map(({ name }) => name));
  const rounds = others.filter((line) => line.type === "round");
  for (const [index, line] of others.entries()) {
    if (line.type === "job") throw invalid(source, `line ${index + 2} begins a second job`);
    if (line.type === "round" && !scenarios.has(line.scenario))
      throw invalid(source, `line ${index + 2} is of scenario ${line.scenario}, which the job does not have`);
  }
  const last = lines.at(-1)!;
  return { evidence: { job, rounds, end: last.type === "end" ? last : null }, notes };
}

function evidenceLines(text: string, source: string): { lines: EvidenceLine[]; notes: string[] } {
  const texts = text.split("\n");
  const tail = texts.pop()!;
  const lines = texts.map((line, index) => parseLine(line, index + 1, source));
  if (tail === "") return { lines, notes: [] };
  const number = texts.length + 1;
  try {
    return { lines: [...lines, parseLine(tail, number, source)], notes: [] };
  } catch (error) {
    if (lines.length === 0) throw error;
    return {
      lines,
      notes: [`${source}: line ${number} was cut off after ${tail.length} characters and is not counted`],
    };
  }
}

function parseLine(text: string, number: number, source: string): EvidenceLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(source, `line ${number} is no JSON: ${(cause as Error).message}`, cause);
  }
  checkVersion(value, source);
  const parsed = evidenceLine.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(source, `line ${number}: ${firstMistake(parsed.error)}`);
}

/** Before all else: what a later version means by its fields is not known here. Throws RESULT_INVALID. */
export function checkVersion(value: unknown, source: string): void {
  const { schemaVersion } = (value ?? {}) as { schemaVersion?: unknown };
  if (schemaVersion === undefined || schemaVersion === GATE_SCHEMA_VERSION) return;
  throw new HarnessError(
    "RESULT_INVALID",
    `${source} has schemaVersion ${JSON.stringify(schemaVersion)}; this brokermark reads ${GATE_SCHEMA_VERSION}`,
    { hint: "Judge it with the brokermark that wrote it." },
  );
}

/** `rounds.0.slots: expected array` */
export function firstMistake({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.length ? `${issue.path.join(".")}: ` : ""}${issue?.message}`;
}

function invalid(source: string, what: string, cause?: unknown): HarnessError {
  return new HarnessError("RESULT_INVALID", `${source} is no gate evidence: ${what}`, {
    hint: `Evidence comes from \`brokermark gate\` and has schemaVersion ${GATE_SCHEMA_VERSION}.`,
    cause,
  });
}

/** Appends whole lines. One writer for a file. */
export class EvidenceWriter {
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Begins a new file; throws USAGE where one is there already or none can be made. */
  static async create(path: string, job: JobLine): Promise<EvidenceWriter> {
    const writer = new EvidenceWriter(path, await openFile(path, "ax"));
    await writer.append(job);
    return writer;
  }

  /** Goes on with a file. What was cut off at its end is removed. Throws RESULT_INVALID as `readEvidence` does. */
  static async resume(path: string): Promise<ReadEvidence & { readonly writer: EvidenceWriter }> {
    const text = await readEvidenceText(path);
    const read = parseEvidence(text, path);
    const torn = read.notes.length > 0;
    const handle = await openFile(path, "a");
    if (torn) await handle.truncate(Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1)));
    else if (!text.endsWith("\n")) await handle.appendFile("\n");
    return { ...read, writer: new EvidenceWriter(path, handle) };
  }

  async append(line: EvidenceLine): Promise<void> {
    await this.#handle.appendFile(`${JSON.stringify(line)}\n`);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function openFile(path: string, flags: "a" | "ax"): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (cause) {
    throw new HarnessError("USAGE", `${path}: ${(cause as Error).message}`, { cause });
  }
}
