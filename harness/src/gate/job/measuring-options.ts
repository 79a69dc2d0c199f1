/** How rounds are measured, as options write it. */
import type { GateRequest } from "./gate-session.ts";
import { durationMs } from "./judging-options.ts";

export interface MeasuringOptions {
  readonly slice?: string | undefined;
  readonly blocks?: number | undefined;
  readonly warmup?: string | undefined;
}

/** Over the sides' pace; what is not given keeps it. Throws USAGE. */
export function measuringOf({ slice, blocks, warmup }: MeasuringOptions): GateRequest["measuring"] {
  return {
    ...(slice === undefined ? {} : { sliceMs: durationMs(slice, "--slice") }),
    ...(blocks === undefined ? {} : { blocks }),
    ...(warmup === undefined ? {} : { warmupMs: durationMs(warmup, "--warmup") }),
  };
}
