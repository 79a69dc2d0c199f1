/** The real command line as a process, with a temporary directory that nothing may be left in. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../bin/dev.ts", import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory for one test: `data` is the TMPDIR of the command, `results` its --out. */
export class Workplace implements AsyncDisposable {
  readonly root: string;
  readonly data: string;
  readonly results: string;

  private constructor(root: string) {
    this.root = root;
    this.data = root;
    this.results = join(root, "results");
  }

  static async make(): Promise<Workplace> {
    return new Workplace(await realpath(await mkdtemp(join(tmpdir(), "brokermark-e2e-"))));
  }

  start(...args: string[]): RunningCommand {
    const child = spawn(process.execPath, [ENTRY, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TMPDIR: this.data },
    });
    return new RunningCommand(child);
  }

  /** What targets left behind: directories, and processes that have one as their working directory. */
  async leftovers(): Promise<string[]> {
    const directories = (await readdir(this.data)).filter((name) => name.startsWith("brokermark-"));
    const pids = processIds().filter((pid) => workingDirectory(pid)?.startsWith(this.data));
    return [...directories, ...pids.map((pid) => `process ${pid}`)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

export class RunningCommand {
  readonly child: ChildProcess;
  readonly #ended: Promise<Ended>;

  constructor(child: ChildProcess) {
    this.child = child;
    let stdout = "";
    let stderr = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    this.#ended = once(child, "close").then(([exitCode]) => ({
      exitCode: exitCode as number | null,
      stdout,
      stderr,
    }));
  }

  end(): Promise<Ended> {
    return this.#ended;
  }
}

function processIds(): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function workingDirectory(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}
