/**
 * A broker process: leads a process group, writes one log file, is stopped with everything it started.
 * An error about it carries the last lines of its log.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError, invariant } from "../errors.ts";
import { forgetGroup, rememberGroup, signalGroup } from "./live-processes.ts";
import { readLogTail } from "./log-tail.ts";

export interface ProcessOptions {
  /** How messages call it, e.g. `kafka`. */
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Existing directory for the log file, and working directory of the process. */
  readonly directory: string;
  readonly env?: NodeJS.ProcessEnv;
  /** True: JSON lines on standard output say where it listens; false: all output is log. */
  readonly announces: boolean;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface BrokerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly logFile: string;
  /** The first JSON object on standard output that is `wanted` (default: any); never resolves when none comes. */
  announced(wanted?: (line: object) => boolean): Promise<object>;
  /** Resolves when the process has ended, for whatever cause. */
  readonly exited: Promise<Exit>;
  /** Rejects with TARGET_DIED when the process ends without being asked to. Never resolves. */
  readonly died: Promise<never>;
  /** SIGTERM, and after `graceMs` SIGKILL. Resolves when no process of the group is left. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL to the whole group. Resolves when no process of it is left. */
  kill(): Promise<void>;
}

const DEFAULT_GRACE_MS = 10_000;
const REAP_TRIES = 400;
const LOG_NAME = "broker.log";

/** Throws TARGET_START_FAILED when the command cannot be run at all or the directory cannot be written. */
export async function startProcess(options: ProcessOptions): Promise<BrokerProcess> {
  const logFile = join(options.directory, LOG_NAME);
  const log = openLog(options.label, logFile);
  const child = spawn(options.command, options.args, {
    cwd: options.directory,
    env: options.env ?? process.env,
    detached: true,
    stdio: ["ignore", options.announces ? "pipe" : log, log],
  });
  if (child.pid !== undefined) rememberGroup(child.pid);
  const exited = new Promise<Exit>((resolve) =>
    child.once("exit", (code, signal) => resolve({ code, signal })),
  );
  const announced = options.announces ? readAnnouncements(child, log) : never<object>;
  try {
    await spawned(child, options);
  } finally {
    if (!options.announces) closeSync(log);
  }
  const pid = child.pid;
  invariant(pid !== undefined, "a spawned process has a pid");
  let asked = false;
  const died = exited.then(({ code, signal }) => {
    if (asked) return never<never>();
    throw diedError(options.label, logFile, { code, signal });
  });
  died.catch(() => undefined);
  const stop = async (graceMs: number): Promise<void> => {
    asked = true;
    signalGroup(pid, "SIGTERM");
    await endedWithin(exited, graceMs);
    await killGroup(pid, exited);
  };
  return {
    pid,
    logFile,
    announced,
    exited,
    died,
    stop,
    kill: async () => {
      asked = true;
      await killGroup(pid, exited);
    },
    [Symbol.asyncDispose]: () => stop(options.graceMs ?? DEFAULT_GRACE_MS),
  };
}

/** The error for a start that did not come to its end: what went wrong, then the last lines of the log. */
export function startError(label: string, what: string, logFile: string, hint?: string): HarnessError {
  return new HarnessError("TARGET_START_FAILED", withLog(`target ${label}: ${what}`, logFile), {
    ...(hint === undefined ? {} : { hint }),
  });
}

export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

function diedError(label: string, logFile: string, exit: Exit): HarnessError {
  return new HarnessError(
    "TARGET_DIED",
    withLog(`target ${label} ended by itself (${describeExit(exit)})`, logFile),
  );
}

function withLog(message: string, logFile: string): string {
  const tail = readLogTail(logFile);
  if (tail.length === 0 || tail[0] === "") return `${message}; it wrote no log`;
  return `${message}; last lines of its log:\n${tail.map((line) => `  | ${line}`).join("\n")}`;
}

function openLog(label: string, logFile: string): number {
  try {
    return openSync(logFile, "a");
  } catch (cause) {
    throw new HarnessError(
      "TARGET_START_FAILED",
      `target ${label}: cannot write ${logFile}: ${(cause as Error).message}`,
      {
        hint: "give a directory that you may write to, or free space on that disk",
        cause,
      },
    );
  }
}

function spawned(child: ChildProcess, options: ProcessOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) =>
      reject(
        new HarnessError(
          "TARGET_START_FAILED",
          `target ${options.label}: cannot run ${options.command}: ${cause.message}`,
          { cause },
        ),
      ),
    );
  });
}

/** A line for each protocol, and one for each with TLS. */
const MAX_ANNOUNCEMENTS = 8;

/** Takes the first JSON lines; all else on standard output goes to the log. */
function readAnnouncements(child: ChildProcess, log: number): BrokerProcess["announced"] {
  const output = child.stdout;
  invariant(output !== null, "standard output is piped");
  const lines = createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY });
  const announcements: object[] = [];
  const waiting: { wanted: (line: object) => boolean; resolve: (line: object) => void }[] = [];
  lines.on("line", (line) => {
    const value = announcements.length < MAX_ANNOUNCEMENTS ? parseObject(line) : undefined;
    if (value === undefined) return void writeSync(log, `${line}\n`);
    announcements.push(value);
    for (const { wanted, resolve } of waiting) if (wanted(value)) resolve(value);
  });
  lines.once("close", () => closeSync(log));
  return (wanted = () => true) => {
    const found = announcements.find(wanted);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => waiting.push({ wanted, resolve }));
  };
}

function parseObject(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

async function endedWithin(exited: Promise<Exit>, graceMs: number): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([exited, sleep(graceMs, undefined, { signal: waiting.signal }).catch(() => undefined)]);
  waiting.abort();
}

/** Also of what a leader that has ended left behind. Bounded: one that nobody reaps stays in the group for good. */
async function killGroup(pid: number, exited: Promise<Exit>): Promise<void> {
  for (let tries = 0; signalGroup(pid, "SIGKILL") && tries < REAP_TRIES; tries++) await sleep(5);
  await exited;
  forgetGroup(pid);
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
