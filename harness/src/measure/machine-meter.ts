/**
 * What the whole machine did, also for meters that are read with every slice. Busy time in nanoseconds comes from the root control group's
 * cpuacct.usage (cgroup v1), which a kernel keeps as exactly as that of a thread; only if it is the machine's and not a
 * container's. Elsewhere there are /proc/stat's ticks of 10 ms, good for stretches of some hundred milliseconds. Pressure is
 * the time in which some task waited for a processor (Documentation/accounting/psi.rst). Linux only.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { type MachineCpu, parseMachineCpu } from "./proc-files.ts";

const BUSY_FILE = "/sys/fs/cgroup/cpuacct/cpuacct.usage";
const STAT_FILE = "/proc/stat";
const PRESSURE_FILE = "/proc/pressure/cpu";
/** By how much exact time may differ from ticks since the boot: those count interrupts too. A container's is far less. */
const MOST_DIFFERENCE = 0.2;
/** The first line of /proc/stat and the first of a pressure file are shorter; making more of them costs time. */
const TEXT_BYTES = 256;

const text = Buffer.alloc(TEXT_BYTES);

export class MachineMeter implements Disposable {
  readonly #busy: number | null;
  readonly #stat = open(STAT_FILE);
  readonly #pressure = open(PRESSURE_FILE);

  constructor() {
    const busy = open(BUSY_FILE);
    const exactUs = Number(read(busy)) / 1e3;
    const tickUs = this.ticks()?.busyUs ?? Number.NaN;
    this.#busy = Math.abs(exactUs / tickUs - 1) <= MOST_DIFFERENCE ? busy : null;
    if (busy !== null && this.#busy === null) closeSync(busy);
  }

  /** Time on any processor since the boot; null where only ticks are. */
  busyNs(): number | null {
    return this.#busy === null ? null : Number(read(this.#busy));
  }

  /** Time in which some task waited for a processor, since the boot; null where the kernel does not tell. */
  pressureNs(): number | null {
    const total = /^some .*total=(\d+)/.exec(read(this.#pressure) ?? "");
    return total === null ? null : Number(total[1]) * 1e3;
  }

  /**
   * As exact as it can be had. Ticks see a process that wakes by the clock, as everything paced does, far more often than it
   * runs, and what they see too much would pass for somebody else's. Null elsewhere than on Linux.
   */
  cpu(): MachineCpu | null {
    const ticks = this.ticks();
    const busyNs = this.busyNs();
    return ticks === null || busyNs === null ? ticks : { ...ticks, busyUs: busyNs / 1e3 };
  }

  /** To 10 ms; null elsewhere than on Linux. */
  ticks(): MachineCpu | null {
    const stat = read(this.#stat);
    return stat === null ? null : parseMachineCpu(stat);
  }

  [Symbol.dispose](): void {
    for (const file of [this.#busy, this.#stat, this.#pressure]) if (file !== null) closeSync(file);
  }
}

function open(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch {
    return null;
  }
}

function read(file: number | null): string | null {
  if (file === null) return null;
  try {
    return text.toString("latin1", 0, readSync(file, text, 0, TEXT_BYTES, 0));
  } catch {
    return null;
  }
}
