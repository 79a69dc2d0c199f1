import fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { BrokerError } from "../errors.ts";

/** Makes the directory and holds it for this process. Throws when it cannot be written or another broker has it. */
export function claimDataDirectory(path: string): { release(): void } {
  const lockPath = join(path, ".lock");
  try {
    makeDirectory(resolve(path));
    writeLock(lockPath);
  } catch (error) {
    if (error instanceof BrokerError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new BrokerError(
      "DATA_DIRECTORY_UNWRITABLE",
      `cannot write to ${path} (${reason}): choose a directory this user may write with --data-dir`,
      error,
    );
  }
  return { release: () => removeLock(lockPath) };
}

/** What a file or directory of the broker's own cost it its start; other errors as they are. */
export function explainStartFailure(error: unknown, path: string): unknown {
  if (error instanceof BrokerError || !isSystemError(error)) return error;
  return new BrokerError(
    "STORAGE_FAILED",
    `cannot use the data directory ${path} (${error.message}): see that the file system works, then start again`,
    error,
  );
}

/** As told by the operating system; what Node itself finds wrong has codes that begin with ERR_. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && /^E[A-Z0-9]+$/.test((error as NodeJS.ErrnoException).code ?? "");
}

/** Not `recursive: true`: below a file system that refuses with ENOENT (/proc) that never returns. */
function makeDirectory(path: string): void {
  if (fs.existsSync(path)) return;
  makeDirectory(dirname(path));
  fs.mkdirSync(path);
}

function writeLock(lockPath: string): void {
  const holder = readHolder(lockPath);
  if (holder !== null && holder !== process.pid && isBroker(holder)) throw inUse(holder);
  removeLock(lockPath);
  try {
    fs.writeFileSync(lockPath, String(process.pid), { flag: "wx" });
  } catch (error) {
    // Two brokers that start at once both found it free; the slower one learns of the other here.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw inUse(readHolder(lockPath));
    throw error;
  }
}

/** Not rmSync: it tells a read-only file system as UNKNOWN. */
function removeLock(lockPath: string): void {
  try {
    fs.unlinkSync(lockPath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function inUse(holder: number | null): BrokerError {
  return new BrokerError(
    "DATA_DIRECTORY_IN_USE",
    `process ${holder ?? "unknown"} uses this data directory: stop it, or choose another with --data-dir`,
  );
}

function readHolder(lockPath: string): number | null {
  try {
    return Number.parseInt(fs.readFileSync(lockPath, "utf8"), 10) || null;
  } catch {
    return null;
  }
}

/** A lock outlives a killed broker; its process id may since belong to something else. */
function isBroker(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("reference-broker");
  } catch {
    return true; // no /proc: the process lives, so assume that the lock is good
  }
}
