/**
 * CPU time of a process and its descendants in nanoseconds, cheap enough to be read between slices of some milliseconds.
 * /proc/PID/stat counts in ticks of 10 ms, and /proc/PID/schedstat is that of the main thread alone; so every thread's schedstat is
 * read (Documentation/scheduler/sched-stats.rst: its first field is time on a processor) through a descriptor that stays open. A
 * processor adds a running thread's time at its next tick or switch, so a reading is exact for threads that sleep.
 *
 * A new thread is seen at the next reading, for the link count of /proc/PID/task tells how many there are. Of one that ended, what was
 * read last stays in the sum. What lies between, and threads that live between two readings, `unseenUs` tells: the process's own
 * count, which includes threads and children that have ended, minus ours.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { descendants, listProcesses, readTreeUsage } from "./process-tree.ts";

/** `.` and `..` of /proc/PID/task. */
const OWN_LINKS = 2;
const TEXT_BYTES = 64;
const ZERO = 48;
const NINE = 57;

interface Thread {
  readonly file: number;
  ns: number;
}

interface TreeProcess {
  readonly pid: number;
  readonly directory: string;
  readonly threads: Map<number, Thread>;
}

const text = Buffer.alloc(TEXT_BYTES);

export class TreeCpu implements Disposable {
  readonly #root: number;
  readonly #withDescendants: boolean;
  readonly #processes = new Map<number, TreeProcess>();
  readonly #beganNs: number;
  readonly #beganTicksUs: number;
  #endedNs = 0;

  private constructor(root: number, withDescendants: boolean) {
    this.#root = root;
    this.#withDescendants = withDescendants;
    this.discover();
    this.#beganTicksUs = this.#ticksUs();
    this.#beganNs = this.read();
  }

  /** null where the kernel does not tell (no Linux, or without CONFIG_SCHED_INFO), or there is no such process. */
  static of(root: number, { withDescendants }: { readonly withDescendants: boolean }): TreeCpu | null {
    const thread = openSchedstat(root, root);
    if (thread === null) return null;
    closeSync(thread);
    return new TreeCpu(root, withDescendants);
  }

  get pids(): readonly number[] {
    return [...this.#processes.keys()];
  }

  /** Looks for processes that came; it lists all of the machine, which takes milliseconds. */
  discover(): void {
    const pids = this.#withDescendants ? descendants(this.#root, listProcesses()) : [this.#root];
    for (const pid of pids) {
      if (this.#processes.has(pid)) continue;
      this.#processes.set(pid, { pid, directory: `/proc/${pid}/task`, threads: new Map() });
    }
  }

  /** Nanoseconds since the threads began. Never less than before. */
  read(): number {
    let ns = 0;
    for (const process of this.#processes.values()) {
      if (!sameThreads(process)) this.#relist(process);
      for (const [tid, thread] of process.threads) {
        const now = readNs(thread.file);
        if (now === null) this.#retire(process, tid, thread);
        else {
          thread.ns = now;
          ns += now;
        }
      }
    }
    return ns + this.#endedNs;
  }

  /** CPU since construction that no reading saw, microseconds; up to two ticks for each process more or less by rounding. */
  unseenUs(): number {
    return this.#ticksUs() - this.#beganTicksUs - (this.read() - this.#beganNs) / 1e3;
  }

  [Symbol.dispose](): void {
    for (const { threads } of this.#processes.values()) {
      for (const { file } of threads.values()) closeSync(file);
    }
    this.#processes.clear();
  }

  #ticksUs(): number {
    return readTreeUsage(this.pids).cpuUs;
  }

  #relist(process: TreeProcess): void {
    const listed = new Set(threadsOf(process.directory));
    for (const [tid, thread] of process.threads) {
      if (!listed.has(tid)) this.#retire(process, tid, thread);
    }
    for (const tid of listed) {
      if (process.threads.has(tid)) continue;
      const file = openSchedstat(process.pid, tid);
      if (file !== null) process.threads.set(tid, { file, ns: 0 });
    }
  }

  #retire(process: TreeProcess, tid: number, { file, ns }: Thread): void {
    this.#endedNs += ns;
    process.threads.delete(tid);
    closeSync(file);
  }
}

function sameThreads({ directory, threads }: TreeProcess): boolean {
  const links = statSync(directory, { throwIfNoEntry: false })?.nlink ?? OWN_LINKS;
  return links - OWN_LINKS === threads.size;
}

function threadsOf(directory: string): number[] {
  try {
    return readdirSync(directory).map(Number);
  } catch {
    return [];
  }
}

function openSchedstat(pid: number, tid: number): number | null {
  try {
    return openSync(`/proc/${pid}/task/${tid}/schedstat`, "r");
  } catch {
    return null;
  }
}

/** null of a thread that has ended. */
function readNs(file: number): number | null {
  try {
    const size = readSync(file, text, 0, TEXT_BYTES, 0);
    let ns = 0;
    for (let at = 0; at < size; at++) {
      const digit = text[at]!;
      if (digit < ZERO || digit > NINE) break;
      ns = ns * 10 + digit - ZERO;
    }
    return ns;
  } catch {
    return null;
  }
}
