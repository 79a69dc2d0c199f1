/** How many files, and so sockets, a process may have open. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { HarnessError } from "../errors.ts";

/** Of a process, beside its connections: files, listeners, pipes. */
const OTHER_DESCRIPTORS = 500;

export interface OpenFiles {
  readonly soft: number;
  readonly hard: number;
}

/** The line `Max open files` of /proc/PID/limits; null where there is none. */
export function parseOpenFiles(limits: string): OpenFiles | null {
  const match = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(limits);
  if (match === null) return null;
  const [soft = 0, hard = 0] = match.slice(1).map((text) => (text === "unlimited" ? Infinity : Number(text)));
  return { soft, hard };
}

/**
 * Sees to it that each process may hold so many connections, with prlimit(1) where it may not yet. Throws
 * TARGET_START_FAILED, naming the limit, when the machine forbids it. Elsewhere than on Linux nothing is known or done.
 */
export function allowConnections(who: string, pids: readonly number[], connections: number): void {
  const needed = connections + OTHER_DESCRIPTORS;
  for (const pid of pids) {
    if (readSoftLimit(pid) >= needed) continue;
    raise(pid, needed);
    const soft = readSoftLimit(pid);
    if (soft >= needed) continue;
    const message = `a process of ${who} (pid ${pid}) may open ${soft} files, and ${connections} connections need ${needed}`;
    throw new HarnessError("TARGET_START_FAILED", message, {
      hint: `raise the limit (ulimit -n ${needed}) before the run, run as root, or ask for fewer: --set connections=${Math.max(1, Math.floor(soft - OTHER_DESCRIPTORS))}`,
    });
  }
}

function readSoftLimit(pid: number): number {
  try {
    return parseOpenFiles(readFileSync(`/proc/${pid}/limits`, "latin1"))?.soft ?? Infinity;
  } catch {
    return Infinity;
  }
}

function raise(pid: number, needed: number): void {
  const limits = parseOpenFiles(readFileSync(`/proc/${pid}/limits`, "latin1"));
  const hard = Math.max(needed, limits?.hard ?? 0);
  try {
    execFileSync("prlimit", ["--pid", String(pid), `--nofile=${needed}:${hard}`], { stdio: "ignore" });
  } catch {
    // Not root, or no such command: the limit that is read back says so.
  }
}
