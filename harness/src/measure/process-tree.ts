/** What a process and all its descendants have used so far, read from /proc. Linux only. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type ProcessStat, parseKeyedNumber, parseProcessStat } from "./proc-files.ts";

export interface TreeUsage {
  readonly pids: readonly number[];
  /** User and system CPU of the tree, reaped descendants included. */
  readonly cpuUs: number;
  /** Resident memory, summed; pages shared between processes count once in each. */
  readonly rssBytes: number;
  /** Bytes sent towards storage by living processes of the tree; null where the kernel does not tell. */
  readonly writtenBytes: number | null;
}

/** The file's text, or null: a process may end between being listed and being read. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}

/** Pids of `root` and its descendants, found through every process's parent. */
export function descendants(root: number, stats: readonly ProcessStat[]): number[] {
  const children = Map.groupBy(stats, (stat) => stat.parentPid);
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []).map((stat) => stat.pid));
  return found;
}

/** Every process of the machine that this process may see. */
export function listProcesses(): ProcessStat[] {
  const stats: ProcessStat[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = readProc(`/proc/${name}/stat`);
    if (text !== null) stats.push(parseProcessStat(text));
  }
  return stats;
}

/** Usage of `pids`; a process that has ended counts through the parent that reaped it. */
export function readTreeUsage(pids: readonly number[]): TreeUsage {
  let cpuUs = 0;
  let rssBytes = 0;
  let writtenBytes: number | null = null;
  for (const pid of pids) {
    const stat = readProc(`/proc/${pid}/stat`);
    if (stat === null) continue;
    cpuUs += parseProcessStat(stat).cpuUs;
    rssBytes += parseKeyedNumber(readProc(`/proc/${pid}/status`) ?? "", "VmRSS") ?? 0;
    const written = parseKeyedNumber(readProc(`/proc/${pid}/io`) ?? "", "write_bytes");
    if (written !== null) writtenBytes = (writtenBytes ?? 0) + written;
  }
  return { pids, cpuUs, rssBytes, writtenBytes };
}

/** Largest resident memory of one process since it began or since `resetPeakRss`; null where not told. */
export function readPeakRss(pid: number): number | null {
  return parseKeyedNumber(readProc(`/proc/${pid}/status`) ?? "", "VmHWM");
}

/** Makes VmHWM start anew (proc(5), clear_refs 5). False where the kernel refuses. */
export function resetPeakRss(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return true;
  } catch {
    return false;
  }
}
