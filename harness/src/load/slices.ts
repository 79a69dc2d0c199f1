/**
 * What orchestrator and slicer say to each other; how, is as in protocol.ts. A slicer has producers at several brokers, its
 * sides, and lets one of them work at a time. Sides are numbered from 0 in the order of `prepareSides`.
 */
import type { HarnessErrorCode } from "../errors.ts";
import type { BatchShape, PrepareLoad, ProducerOutcome } from "./protocol.ts";

/** Connect the producers of all sides, in place of those of an earlier round. Answered with `sidesReady`. */
export interface PrepareSides {
  readonly type: "prepareSides";
  /** Stands in the answer: one that was given up may be answered while another is waited for. */
  readonly round: number;
  readonly sides: readonly SideLoad[];
  /** Encoded bytes that each side may be sent, warm-up included. */
  readonly maxBytes: number;
}

export interface SideLoad {
  /** Root of the broker's process tree; null where it is no process of ours. */
  readonly pid: number | null;
  readonly prepare: PrepareLoad;
}

/** Warm up, then play all blocks. Answered with `slicesPlayed`. */
export interface PlaySlices {
  readonly type: "playSlices";
  readonly round: number;
  readonly sliceMs: number;
  readonly washoutMs: number;
  /** Of each side. */
  readonly warmupMs: number;
  /** Sides in the order of their slices, for each block. */
  readonly blocks: readonly (readonly number[])[];
  /** Confirmations that a percentile needs. */
  readonly minSamples: Readonly<Record<PercentileName, number>>;
}

export type PercentileName = "p50" | "p90" | "p99" | "p99_9";

/** Microseconds to a tenth, null with too few samples. */
export type Percentiles = Readonly<Record<PercentileName, number | null>>;

/** Of one side: a broker that ended, refused or answers no more. */
export interface SideTrouble {
  readonly side: number;
  readonly code: HarnessErrorCode;
  readonly message: string;
}

export interface SidesReady {
  readonly type: "sidesReady";
  readonly round: number;
  /** null with trouble. */
  readonly batch: BatchShape | null;
  readonly trouble: SideTrouble | null;
}

/** CPU is in nanoseconds; null where the platform does not tell. */
export interface PlayedSlice extends Percentiles {
  readonly side: number;
  readonly messages: number;
  /** From the first send to the last confirmation. */
  readonly wallNs: number;
  /** Of the side's process tree and of the others', from just before the first send until the next slice is about to begin. */
  readonly cpuNs: number | null;
  readonly idleCpuNs: number | null;
  readonly samples: number;
  /** From the first send to the last confirmation, as are those below. */
  readonly foreignNs: number | null;
  readonly stealNs: number | null;
  readonly pressureNs: number | null;
  readonly generatorCpuNs: number;
}

export interface PlayedSide extends Percentiles {
  readonly samples: number;
  /** Publish latency in all slices; null without any. */
  readonly histogram: string | null;
  readonly publishedMessages: number;
  readonly confirmedMessages: number;
  readonly encodedBytes: number;
  readonly outcomes: readonly ProducerOutcome[];
  readonly errors: Readonly<Record<string, number>>;
  /** Largest resident memory of its processes from the warm-up's begin to the last slice's end. */
  readonly peakRssBytes: number | null;
  /** While others worked. */
  readonly idleCpuCores: number | null;
}

export interface SlicesPlayed {
  readonly type: "slicesPlayed";
  readonly round: number;
  /** Fewer than asked for where maxBytes allowed no more; a block that was not played to its end is not among them. */
  readonly blocks: readonly (readonly PlayedSlice[])[];
  readonly sides: readonly PlayedSide[];
  /** In words: fewer blocks, figures that could not be had. */
  readonly notes: readonly string[];
  readonly trouble: SideTrouble | null;
}
