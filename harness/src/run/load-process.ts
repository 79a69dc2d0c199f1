/**
 * One load process as the orchestrator sees it: a child that speaks `load/protocol.ts` over IPC. It leads a
 * process group of its own, so a Ctrl-C of the terminal reaches only the orchestrator, and it ends by itself when
 * the channel closes, so it cannot outlive the orchestrator.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { HARNESS_ERRORS, HarnessError, type HarnessErrorCode, invariant } from "../errors.ts";
import type { FromLoadProcess, Progress, ToLoadProcess } from "../load/protocol.ts";

export type LoadRole = "publisher" | "consumer" | "holder" | "slicer";

/** A slicer collects its garbage itself, between slices: with so much room for new objects none is collected within one. */
const NODE_FLAGS: Readonly<Record<LoadRole, readonly string[]>> = {
  publisher: [],
  consumer: [],
  holder: [],
  slicer: ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64"],
};

type Kind = Exclude<FromLoadProcess["type"], "progress" | "failed">;
type Answer<T extends Kind> = Extract<FromLoadProcess, { type: T }>;

const GRACE_MS = 2_000;
const STDERR_BYTES = 4_096;

export class LoadProcess implements AsyncDisposable {
  readonly role: LoadRole;
  readonly pid: number;
  /** Rejects with LOAD_PROCESS_DIED or with what the process says went wrong. Never resolves. */
  readonly failed: Promise<never>;
  readonly #child: ChildProcess;
  readonly #answers = new Map<Kind, FromLoadProcess[]>();
  readonly #waiting = new Map<Kind, (answer: FromLoadProcess) => void>();
  #onProgress: (progress: Progress) => void = () => undefined;
  #ending = false;

  private constructor(role: LoadRole, child: ChildProcess, pid: number) {
    this.role = role;
    this.pid = pid;
    this.#child = child;
    this.failed = this.#watch();
    // Whoever waits races against it; without a waiter it is no unhandled rejection.
    this.failed.catch(() => undefined);
  }

  /** Throws LOAD_PROCESS_DIED when the process cannot be started at all. */
  static async start(role: LoadRole): Promise<LoadProcess> {
    const file = new URL(`../load-processes/${role}-process${extname(import.meta.url)}`, import.meta.url);
    const child = spawn(process.execPath, [...NODE_FLAGS[role], fileURLToPath(file)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "json",
      detached: true,
    });
    await once(child, "spawn");
    return new LoadProcess(role, child, child.pid!);
  }

  send(message: ToLoadProcess): void {
    // A process that ended meanwhile is told by `failed`; here there is nothing to add.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** The next answer of that type, also one that arrived before it was asked for. */
  async next<T extends Kind>(type: T): Promise<Answer<T>> {
    const early = this.#answers.get(type)?.shift();
    if (early) return early as Answer<T>;
    const answer = new Promise<FromLoadProcess>((resolve) => this.#waiting.set(type, resolve));
    return (await Promise.race([answer, this.failed])) as Answer<T>;
  }

  onProgress(listener: (progress: Progress) => void): void {
    this.#onProgress = listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const exited = once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    const patience = new AbortController();
    const late = sleep(GRACE_MS, "late", { signal: patience.signal }).catch(() => undefined);
    if ((await Promise.race([exited, late])) === "late") this.#child.kill("SIGKILL");
    patience.abort();
    await exited;
  }

  #watch(): Promise<never> {
    let stderr = "";
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-STDERR_BYTES);
    });
    return new Promise((_, reject) => {
      this.#child.on("message", (message) => {
        const answer = message as FromLoadProcess;
        if (answer.type === "failed") reject(failureOf(this.role, answer.code, answer.message));
        else if (answer.type === "progress") this.#onProgress(answer);
        else this.#deliver(answer.type, answer);
      });
      // `close` comes after the last of stderr, `exit` may come before it.
      this.#child.once("close", (code, signal) => {
        if (this.#ending) return;
        const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
        const said = stderr.trim();
        const last = said === "" ? "" : `; it wrote:\n${said}`;
        const message = `a ${this.role} process (pid ${this.pid}) ended by itself with ${end}${last}`;
        reject(new HarnessError("LOAD_PROCESS_DIED", message));
      });
    });
  }

  #deliver(type: Kind, answer: FromLoadProcess): void {
    const waiting = this.#waiting.get(type);
    this.#waiting.delete(type);
    if (waiting) waiting(answer);
    else this.#answers.set(type, [...(this.#answers.get(type) ?? []), answer]);
  }
}

/** Load processes tell the codes of the harness; any other would be a mistake of ours, named in the message. */
function failureOf(role: LoadRole, code: string, message: string): HarnessError {
  invariant(
    Object.hasOwn(HARNESS_ERRORS, code),
    `a ${role} process failed with unknown code ${code}: ${message}`,
  );
  return new HarnessError(code as HarnessErrorCode, `${role} process: ${message}`);
}
