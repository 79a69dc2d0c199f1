/**
 * Parsers of the Linux /proc files that cost and validity are read from (proc(5)). Pure: text in, numbers out.
 * Times are microseconds. USER_HZ is 100 on every architecture Node runs on, so a tick is 10 ms.
 */
import { invariant } from "../errors.ts";

const US_PER_TICK = 10_000;

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system time of the process and of all its children that were waited for. */
  readonly cpuUs: number;
}

/** /proc/PID/stat. The command name may hold spaces and brackets, so fields are counted from the last `)`. */
export function parseProcessStat(text: string): ProcessStat {
  const nameEnd = text.lastIndexOf(")");
  invariant(nameEnd > 0, `not a /proc/PID/stat line: ${text.slice(0, 80)}`);
  const fields = text
    .slice(nameEnd + 2)
    .trim()
    .split(" ");
  // Fields 14 to 17 of proc(5): utime, stime, cutime, cstime; `fields` begins with field 3.
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return { pid: Number.parseInt(text, 10), parentPid: Number(fields[1]), cpuUs: ticks * US_PER_TICK };
}

export interface MachineCpu {
  /** Time in which some processor ran something, interrupts included, over all processors. */
  readonly busyUs: number;
  /** Time in which the hypervisor ran something else while this machine wanted to run. */
  readonly stealUs: number;
}

/** First line of /proc/stat. Guest time is part of user time there and is not added again. */
export function parseMachineCpu(text: string): MachineCpu {
  const line = text.slice(0, Math.max(0, text.indexOf("\n"))) || text;
  invariant(line.startsWith("cpu "), `not the cpu line of /proc/stat: ${line.slice(0, 80)}`);
  const [user, nice, system, , , irq, softirq, steal] = line.trim().split(/\s+/).slice(1).map(Number);
  const busy = [user, nice, system, irq, softirq].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0);
  return { busyUs: busy * US_PER_TICK, stealUs: (steal ?? 0) * US_PER_TICK };
}

/** A `Key: number` line of /proc/PID/status (kB become bytes) or /proc/PID/io; null where it is absent. */
export function parseKeyedNumber(text: string, key: string): number | null {
  const match = new RegExp(`^${key}:\\s+(\\d+)( kB)?`, "m").exec(text);
  return match ? Number(match[1]) * (match[2] ? 1024 : 1) : null;
}
