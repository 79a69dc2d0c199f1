/** The reference broker alone, in the foreground: its own options, its own log, our words and exit codes. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { EXIT } from "../exit-codes.ts";
import { HarnessError } from "../errors.ts";
import { forgetGroup, rememberGroup, signalGroup } from "./live-processes.ts";
import { referenceBrokerCommand } from "./reference.ts";

export interface Listening {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly durability: string;
  readonly [field: string]: unknown;
}

export interface ForegroundOptions {
  /** As given to `brokermark broker`. */
  readonly args: readonly string[];
  /** Once for each protocol it listens for. */
  readonly onListening: (listening: Listening) => void;
  /** Anything else it prints on standard output, e.g. its help. */
  readonly onOutput: (line: string) => void;
}

/**
 * Resolves when the broker has stopped in order, which SIGINT and SIGTERM ask it to; a second signal ends it at once.
 * Throws USAGE for a bad option, TARGET_START_FAILED when it cannot listen, TARGET_DIED when it ends later.
 */
export async function runForegroundBroker({ args, onListening, onOutput }: ForegroundOptions): Promise<void> {
  // A group of its own: the terminal's Ctrl-C would reach it a second time, beside the one that is passed on.
  const child = spawn(process.execPath, referenceBrokerCommand(args), {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) throw new HarnessError("TARGET_START_FAILED", "the reference broker cannot be run");
  rememberGroup(pid);
  let signals = 0;
  const forward = (signal: NodeJS.Signals): void =>
    void signalGroup(pid, ++signals === 1 ? signal : "SIGKILL");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, forward);
  let listening = false;
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (listening) process.stderr.write(text);
    else complaint = (complaint + text).slice(-MAX_COMPLAINT);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const told = parseListening(line);
    if (told === null) return onOutput(line);
    if (!listening) process.stderr.write(complaint);
    listening = true;
    onListening(told);
  });
  try {
    // `close` and not `exit`: what it said last has then been read.
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once("close", (...exit) => resolve(exit));
    });
    if (code !== EXIT.done && signals === 0) throw failure(code, signal, listening, complaint);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, forward);
    forgetGroup(pid);
  }
}

const MAX_COMPLAINT = 8192;

function failure(
  code: number | null,
  signal: string | null,
  listening: boolean,
  complaint: string,
): HarnessError {
  if (code === EXIT.usage)
    return new HarnessError("USAGE", complaint.trim(), { hint: "see brokermark broker -- --help" });
  const ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
  if (listening) return new HarnessError("TARGET_DIED", `the reference broker ended by itself (${ended})`);
  return new HarnessError(
    "TARGET_START_FAILED",
    complaint.trim() || `the reference broker did not start (${ended})`,
  );
}

function parseListening(line: string): Listening | null {
  try {
    const value = JSON.parse(line);
    return value?.event === "listening" ? value : null;
  } catch {
    return null;
  }
}
