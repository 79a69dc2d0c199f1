/**
 * An injector makes the broker slower, or larger, in one known way and by a known amount, so that the regression gate can be
 * seen to notice it. It wraps what the broker is built of before the broker is built, and only when `--inject` names it: the
 * broker itself never asks for one.
 */
import type { Counters } from "../src/base/statistics.ts";
import type { INJECTOR_STATISTICS } from "./statistics.ts";

export type InjectorCounters = Counters<typeof INJECTOR_STATISTICS>;

/** A whole number in `KIND:name=value,...`. */
export interface Parameter {
  readonly doc: string;
  readonly min: number;
  readonly max: number;
  /** null: it must be given. */
  readonly default: number | null;
}

export interface Injector<Name extends string = string> {
  /** What it does to the broker, one sentence. */
  readonly effect: string;
  readonly parameters: Readonly<Record<Name, Parameter>>;
  /** Called once, before anything of the broker is built. */
  apply(values: Readonly<Record<Name, number>>, counters: InjectorCounters): void;
}
