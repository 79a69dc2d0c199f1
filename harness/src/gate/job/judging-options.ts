/** Judging rules as options write them: shares as `5%` or `0.05`. */
import { HarnessError } from "../../errors.ts";
import { nearest } from "../../scenario/nearest.ts";
import { parseQuantity } from "../../scenario/units.ts";
import { DEFAULT_RULES } from "../default-rules.ts";
import type { JudgingRules } from "../evidence.ts";
import { GATE_METRIC_NAMES, GATE_METRICS, type GateMetricName } from "../metrics.ts";

export interface JudgingOptions {
  readonly alpha?: string | undefined;
  readonly indifference?: string | undefined;
  /** `metric=share` each. */
  readonly limits: readonly string[];
}

/** Throws USAGE. */
export function judgingRules({ alpha, indifference, limits }: JudgingOptions): JudgingRules {
  return {
    ...DEFAULT_RULES,
    ...(alpha === undefined ? {} : { alphaJob: share(alpha, "--alpha", 0.5) }),
    ...(indifference === undefined ? {} : { indifference: share(indifference, "--indifference", 1, true) }),
    limits: { ...DEFAULT_RULES.limits, ...Object.fromEntries(limits.map(limit)) },
  };
}

/** `90s`, `3min` -> milliseconds. Throws USAGE. */
export function durationMs(text: string, flag: string): number {
  const ms = parseQuantity(text, "duration");
  if (ms !== null && ms > 0) return ms;
  throw new HarnessError("USAGE", `${flag} ${text}: expected a duration such as 90s or 3min`);
}

function limit(text: string): [GateMetricName, number] {
  const [name = "", value] = text.split("=", 2);
  const flag = `--limit ${text}`;
  if (value === undefined)
    throw new HarnessError("USAGE", `${flag}: expected metric=share, as in throughput=5%`);
  const metric = GATE_METRIC_NAMES.find((each) => each === name);
  if (metric !== undefined) {
    if (GATE_METRICS[metric].role === "gating") return [metric, share(value, flag, 10)];
    throw new HarnessError("USAGE", `${flag}: ${metric} is advisory and gates nothing`, {
      hint: gatingMetrics(),
    });
  }
  const meant = nearest(name, GATE_METRIC_NAMES);
  throw new HarnessError("USAGE", `${flag}: no metric is called ${name}`, {
    hint: `${meant === null ? "" : `did you mean ${meant}? `}${gatingMetrics()}`,
  });
}

function gatingMetrics(): string {
  const names = GATE_METRIC_NAMES.filter((name) => GATE_METRICS[name].role === "gating");
  return `gating metrics: ${names.join(", ")}`;
}

function share(text: string, flag: string, max: number, orZero = false): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const value = Number(digits) / (percent === "%" ? 100 : 1);
  if (value <= max && (value > 0 || (orZero && value === 0))) return value;
  throw new HarnessError("USAGE", `${flag}: expected a share up to ${max}, such as 5% or 0.05`);
}
