import { checkOptions, type OptionTable } from "../option-table.ts";
import { FAULT_KINDS, type FaultCounts } from "./faults.ts";

/** Options of `synthetic:…`. */
export const SYNTHETIC_OPTIONS = {
  delayMs: { kind: "decimal", summary: "every message is confirmed and delivered so long after it arrived" },
  stallAtMs: {
    kind: "decimal",
    summary: "after the first message of a topic: when nothing of it leaves any more",
  },
  stallMs: { kind: "decimal", summary: "for how long" },
  lose: { kind: "integer", summary: "single messages of each topic that are confirmed and never delivered" },
  duplicate: { kind: "integer", summary: "single messages of each topic that are delivered twice" },
  reorder: { kind: "integer", summary: "pairs of neighbours in each topic that change places" },
  corrupt: { kind: "integer", summary: "single messages of each topic with one bit of the value changed" },
} as const satisfies OptionTable;

/** How the synthetic broker behaves; times in microseconds. */
export interface SyntheticSettings {
  readonly delayUs: number;
  readonly stallAtUs: number;
  readonly stallUs: number;
  readonly faults: FaultCounts;
}

/** Throws USAGE. What is not given is 0. */
export function readSettings(options: Readonly<Record<string, string>>): SyntheticSettings {
  checkOptions("synthetic", SYNTHETIC_OPTIONS, options);
  const read = (name: keyof typeof SYNTHETIC_OPTIONS): number => Number(options[name] ?? 0);
  const faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, read(kind)]));
  return {
    delayUs: read("delayMs") * 1000,
    stallAtUs: read("stallAtMs") * 1000,
    stallUs: read("stallMs") * 1000,
    faults: faults as FaultCounts,
  };
}
