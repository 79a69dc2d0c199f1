/** What is read from the kernel around every slice. */
import { MachineMeter } from "../measure/machine-meter.ts";
import { readPeakRss, resetPeakRss } from "../measure/process-tree.ts";
import { TreeCpu } from "../measure/tree-cpu.ts";
import type { MachineTicks, MeterReading } from "./slice-accounts.ts";

/** Looking for new processes lists all of the machine, so it is done between blocks and not between all. */
const DISCOVERY_US = 1e6;
/** CPU that no reading saw and that is no matter: this share, or ticks that rounding loses. */
const UNSEEN_SHARE = 0.05;
const UNSEEN_US = 60e3;

export class SliceMeters implements Disposable {
  readonly #nowUs: () => number;
  readonly #sides: readonly (TreeCpu | null)[];
  /** The orchestrator, which takes little while slices are played. */
  readonly #parent = TreeCpu.of(process.ppid, { withDescendants: false });
  readonly #machine = new MachineMeter();
  #discoveredUs: number;

  /** `pids`: roots of the sides' process trees. */
  constructor(pids: readonly (number | null)[], nowUs: () => number) {
    this.#nowUs = nowUs;
    this.#sides = pids.map((pid) => (pid === null ? null : TreeCpu.of(pid, { withDescendants: true })));
    this.#discoveredUs = nowUs();
  }

  read(): MeterReading {
    const generator = process.cpuUsage();
    return {
      atUs: this.#nowUs(),
      sidesNs: this.#sides.map((side) => side?.read() ?? null),
      parentNs: this.#parent?.read() ?? 0,
      generatorNs: (generator.user + generator.system) * 1e3,
      busyNs: this.#machine.busyNs(),
      pressureNs: this.#machine.pressureNs(),
    };
  }

  ticks(): MachineTicks {
    const ticks = this.#machine.ticks();
    return {
      busyNs: ticks === null ? null : ticks.busyUs * 1e3,
      stealNs: ticks === null ? null : ticks.stealUs * 1e3,
    };
  }

  /** Between blocks. */
  discover(): void {
    if (this.#nowUs() - this.#discoveredUs < DISCOVERY_US) return;
    for (const side of this.#sides) side?.discover();
    this.#discoveredUs = this.#nowUs();
  }

  resetPeakRss(): void {
    for (const side of this.#sides) for (const pid of side?.pids ?? []) resetPeakRss(pid);
  }

  /** Since `resetPeakRss`, over the processes of a side's tree; null where there is none of ours. */
  peakRssBytes(side: number): number | null {
    const peaks = (this.#sides[side]?.pids ?? []).map(readPeakRss).filter((bytes) => bytes !== null);
    return peaks.length === 0 ? null : peaks.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** CPU of a side that its slices do not show, milliseconds, if it is more than can be passed over; else null. */
  unseenCpuMs(side: number, usedNs: number): number | null {
    const unseenUs = this.#sides[side]?.unseenUs() ?? 0;
    return unseenUs > Math.max(UNSEEN_US, (UNSEEN_SHARE * usedNs) / 1e3) ? Math.round(unseenUs / 1e3) : null;
  }

  [Symbol.dispose](): void {
    for (const side of this.#sides) side?.[Symbol.dispose]();
    this.#parent?.[Symbol.dispose]();
    this.#machine[Symbol.dispose]();
  }
}
