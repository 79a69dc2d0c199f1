/**
 * Watches the target's process tree and the machine during one phase. On Linux from /proc, elsewhere every
 * figure is null and `unavailable` says why.
 */
import { cpus } from "node:os";
import { MachineMeter } from "./machine-meter.ts";
import type { MachineCpu } from "./proc-files.ts";
import { descendants, listProcesses, readPeakRss, readTreeUsage, resetPeakRss } from "./process-tree.ts";
import type { TreeUsage } from "./process-tree.ts";

const SAMPLE_INTERVAL_MS = 250;
/** Listing every process costs more than reading a few, so the tree is looked for once a second. */
const SAMPLES_PER_DISCOVERY = 4;

export interface TargetUsage {
  /** CPU seconds of the target's process tree in the phase. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  /** null where the kernel does not account writes per process, e.g. on a memory file system. */
  readonly writtenBytes: number | null;
}

export interface MachineUsage {
  readonly cores: number;
  readonly wallMs: number;
  /** Shares of the whole machine, 0 to 1. Foreign: neither target, load processes nor orchestrator. */
  readonly busyShare: number | null;
  readonly foreignShare: number | null;
  readonly stealShare: number | null;
  /** How far the wall clock moved against the monotonic one. */
  readonly clockStepMs: number;
}

export interface PhaseUsage {
  /** null for a target without a process of ours. */
  readonly target: TargetUsage | null;
  readonly machine: MachineUsage;
  /** Why figures are null. */
  readonly unavailable: string | null;
}

interface Snapshot {
  readonly monotonicMs: number;
  readonly wallMs: number;
  readonly machine: MachineCpu | null;
  readonly targetCpuUs: number;
  readonly ownCpuUs: number;
  readonly writtenBytes: number | null;
}

const onLinux = process.platform === "linux";

export class ResourceSampler implements Disposable {
  readonly #targetPid: number | null;
  readonly #loadPids: readonly number[];
  readonly #timer: NodeJS.Timeout | null;
  readonly #peakReset: boolean;
  #targetPids: readonly number[] = [];
  #samples = 0;
  #peakRssBytes = 0;
  #largestTree = 1;
  readonly #machine: MachineMeter | null = onLinux ? new MachineMeter() : null;
  readonly #begin: Snapshot;

  /** Begins to watch. `loadPids`: processes of ours, whose CPU is not foreign. */
  constructor(targetPid: number | null, loadPids: readonly number[]) {
    this.#targetPid = onLinux ? targetPid : null;
    this.#loadPids = loadPids;
    this.#peakReset = this.#targetPid !== null && resetPeakRss(this.#targetPid);
    this.#sample();
    this.#begin = this.#snapshot();
    this.#timer = onLinux ? setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS) : null;
  }

  /** Usage from construction until now. */
  finish(): PhaseUsage {
    const begin = this.#begin;
    const end = this.#snapshot();
    this.#sample();
    const wallMs = end.monotonicMs - begin.monotonicMs;
    const unavailable = onLinux ? null : `/proc is Linux's; this is ${process.platform}`;
    return { target: this.#targetUsage(begin, end), machine: machineUsage(begin, end, wallMs), unavailable };
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#machine?.[Symbol.dispose]();
  }

  #targetUsage(begin: Snapshot, end: Snapshot): TargetUsage | null {
    if (this.#targetPid === null) return null;
    const exactPeak = this.#peakReset && this.#largestTree === 1 ? readPeakRss(this.#targetPid) : null;
    const written =
      begin.writtenBytes === null || end.writtenBytes === null ? null : end.writtenBytes - begin.writtenBytes;
    return {
      cpuSeconds: (end.targetCpuUs - begin.targetCpuUs) / 1e6,
      peakRssBytes: Math.max(this.#peakRssBytes, exactPeak ?? 0),
      // A target that was written to and shows none keeps its data where the kernel does not count.
      writtenBytes: written === 0 ? null : written,
    };
  }

  #sample(): void {
    if (!onLinux) return;
    if (this.#targetPid !== null && this.#samples % SAMPLES_PER_DISCOVERY === 0) this.#discover();
    this.#samples += 1;
    this.#peakRssBytes = Math.max(this.#peakRssBytes, this.#usage().rssBytes);
  }

  #discover(): void {
    if (this.#targetPid === null) return;
    this.#targetPids = descendants(this.#targetPid, listProcesses());
    this.#largestTree = Math.max(this.#largestTree, this.#targetPids.length);
  }

  #usage(): TreeUsage {
    return readTreeUsage(this.#targetPids);
  }

  #snapshot(): Snapshot {
    if (onLinux) this.#discover();
    const target = this.#usage();
    const own = process.cpuUsage();
    return {
      monotonicMs: performance.now(),
      wallMs: Date.now(),
      machine: this.#machine?.cpu() ?? null,
      targetCpuUs: target.cpuUs,
      ownCpuUs: readTreeUsage(onLinux ? this.#loadPids : []).cpuUs + own.user + own.system,
      writtenBytes: target.writtenBytes,
    };
  }
}

/** Pure: what the machine did between two snapshots. */
function machineUsage(begin: Snapshot, end: Snapshot, wallMs: number): MachineUsage {
  const cores = cpus().length;
  const clockStepMs = end.wallMs - begin.wallMs - wallMs;
  if (!begin.machine || !end.machine) {
    return { cores, wallMs, busyShare: null, foreignShare: null, stealShare: null, clockStepMs };
  }
  const capacityUs = Math.max(1, wallMs * 1000 * cores);
  const busyUs = end.machine.busyUs - begin.machine.busyUs;
  const knownUs = end.targetCpuUs - begin.targetCpuUs + end.ownCpuUs - begin.ownCpuUs;
  return {
    cores,
    wallMs,
    busyShare: busyUs / capacityUs,
    // The machine's time and its processes' are not read at one moment, so a little below 0 is 0.
    foreignShare: Math.max(0, busyUs - knownUs) / capacityUs,
    stealShare: (end.machine.stealUs - begin.machine.stealUs) / capacityUs,
    clockStepMs,
  };
}
