/** What a session tells while it runs; the terminal draws it, nothing else depends on it. */
import type { HarnessError } from "../errors.ts";
import type { ResultFile } from "../result/schema.ts";
import type { Plan } from "../scenario/plan.ts";

export type RunPhase = "ceiling" | "prepare" | "warmup" | "measure" | "log-end" | "verify";

export type RunEvent =
  | { readonly type: "target-starting"; readonly target: string }
  | {
      readonly type: "target-started";
      readonly target: string;
      readonly version: string;
      readonly startupMs: number;
    }
  | { readonly type: "phase"; readonly plan: Plan; readonly phase: RunPhase }
  /** Of a staged workload, in its own words. */
  | { readonly type: "stage"; readonly plan: Plan; readonly stage: string }
  /** Messages a second over the last progress interval. */
  | { readonly type: "rate"; readonly plan: Plan; readonly messagesPerSecond: number }
  | { readonly type: "finished"; readonly plan: Plan; readonly result: ResultFile }
  | {
      readonly type: "failed";
      readonly target: string;
      readonly plans: readonly Plan[];
      readonly error: HarnessError;
    };

export type RunListener = (event: RunEvent) => void;
