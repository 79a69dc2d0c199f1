/** What installing a target into the user's cache has in common. */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { HarnessError } from "../errors.ts";
import { readLogTail } from "./log-tail.ts";
import { describeExit, startProcess } from "./process.ts";

export interface InstallOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Install again although it is there. */
  readonly force: boolean;
  readonly onProgress: (line: string) => void;
}

export interface Installed {
  readonly directory: string;
  readonly version: string;
  /** False: it was there already. */
  readonly fresh: boolean;
}

export interface Installer {
  readonly command: string;
  readonly args: readonly string[];
  /** Its working directory, and of its log. */
  readonly directory: string;
  /** What it is at, from the last line of its log; null: nothing worth telling. */
  readonly progress: (line: string) => string | null;
  /** From what it printed last. */
  readonly explain: (printed: string) => string;
  /** The error when the command cannot be run at all. */
  readonly missing: (cause: Error) => HarnessError;
}

const PROGRESS_INTERVAL_MS = 2000;

/** An installer has nothing to wind up: what it was writing is removed. */
const GRACE_MS = 100;

export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "brokermark");
}

/**
 * A directory beside the final one, to be renamed to it when all is there. What installations of the same name that
 * were killed left behind is removed. Throws INSTALL_FAILED.
 */
export async function makeTemporaryDirectory(env: NodeJS.ProcessEnv, name: string): Promise<string> {
  const cache = cacheDirectory(env);
  try {
    await mkdir(cache, { recursive: true });
    for (const found of await readdir(cache)) {
      const owner = found.startsWith(`.${name}-`) ? /-(\d+)-[^-]+$/.exec(found)?.[1] : undefined;
      if (owner === undefined || lives(Number(owner))) continue;
      await rm(join(cache, found), { recursive: true, force: true });
    }
    return await mkdtemp(join(cache, `.${name}-${process.pid}-`));
  } catch (cause) {
    throw new HarnessError("INSTALL_FAILED", `cannot write the cache ${cache}: ${(cause as Error).message}`, {
      hint: "set XDG_CACHE_HOME to a directory that you may write to",
      cause,
    });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Runs it to its end, telling every 2 s how far it is; nothing of it is left after. Throws INSTALL_FAILED or the signal's reason. */
export async function runInstaller(
  installer: Installer,
  { env, signal, onProgress }: Pick<InstallOptions, "env" | "signal" | "onProgress">,
): Promise<void> {
  await using running = await startInstaller(installer, env);
  const began = Date.now();
  const ticking = setInterval(() => {
    const seconds = Math.round((Date.now() - began) / 1000);
    const at = installer.progress(readLogTail(running.logFile, 1)[0] ?? "");
    onProgress(`${seconds} s${at === null ? "" : `: ${at}`}`);
  }, PROGRESS_INTERVAL_MS);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
  aborted.catch(() => undefined);
  try {
    const exit = await Promise.race([running.exited, aborted]);
    if (exit.code === 0) return;
    const printed = readLogTail(running.logFile, 20).join("\n");
    throw new HarnessError(
      "INSTALL_FAILED",
      `${installer.command} did not come to its end (${describeExit(exit)}):\n${printed}`,
      { hint: installer.explain(printed) },
    );
  } finally {
    clearInterval(ticking);
  }
}

async function startInstaller({ command, args, directory, missing }: Installer, env: NodeJS.ProcessEnv) {
  try {
    const options = { label: "install", announces: false, graceMs: GRACE_MS };
    return await startProcess({ ...options, command, args, directory, env });
  } catch (cause) {
    throw missing((cause as Error).cause as Error);
  }
}
