/** What `brokermark targets` shows. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HarnessError, invariant } from "../errors.ts";
import { TARGETS } from "./catalog.ts";
import type { Protocol, Target, TargetDescription } from "./target.ts";

export interface SurveyedTarget extends TargetDescription {
  readonly protocols: readonly Protocol[];
  /** Of a start made for this: null when it was not started. */
  readonly probe: {
    readonly version: string;
    readonly startupMs: number;
    readonly durability: string | null;
  } | null;
  /** Why it would not start. */
  readonly problem: string | null;
}

/** Every target; with `probes` each one that is installed is started, asked for its version, and stopped. */
export async function surveyTargets(probes: boolean, signal: AbortSignal): Promise<SurveyedTarget[]> {
  const rows: SurveyedTarget[] = [];
  for (const target of Object.values(TARGETS)) {
    signal.throwIfAborted();
    const description = await target.describe();
    const startable = probes && description.installed && target.name !== "external";
    const { protocols } = target;
    rows.push({ ...description, protocols, ...(startable ? await startOnce(target, signal) : NOT_STARTED) });
  }
  return rows;
}

const NOT_STARTED = { probe: null, problem: null };

async function startOnce(
  target: Target,
  signal: AbortSignal,
): Promise<Pick<SurveyedTarget, "probe" | "problem">> {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-probe-"));
  try {
    const [protocol] = target.protocols;
    invariant(protocol !== undefined, "a target speaks a protocol");
    await using running = await target.start({ directory, protocol, durability: null, options: {}, signal });
    const { version, startupMs, durability } = running;
    return { probe: { version, startupMs: Math.round(startupMs), durability }, problem: null };
  } catch (error) {
    if (signal.aborted || !(error instanceof HarnessError)) throw error;
    return { probe: null, problem: error.message };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** One block per target, as words. */
export function renderSurvey(rows: readonly SurveyedTarget[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.map((row) => renderRow(row, width)).join("\n");
}

function renderRow(row: SurveyedTarget, width: number): string {
  const state = row.installed ? "installed" : "not installed";
  const version = row.probe?.version ?? row.version;
  const started =
    row.probe === null
      ? ""
      : `, started in ${(row.probe.startupMs / 1000).toFixed(1)} s, durability ${row.probe.durability}`;
  const lines = [
    `${row.name.padEnd(width)}  ${row.summary} (${row.protocols.join(", ")})`,
    `${state}${version === null ? "" : `, ${version}`}${started}`,
  ];
  if (row.howToInstall !== null) lines.push(`to install: ${row.howToInstall}`);
  if (row.problem !== null) lines.push(`does not start: ${row.problem}`);
  return lines.join(`\n${" ".repeat(width + 2)}`);
}
