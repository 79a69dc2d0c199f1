/** The one list of suites. */
import type { Suite } from "./benchmark.ts";

type Load = () => Promise<{ readonly suite: Suite }>;

export const SUITES = {
  "timer-wheel": () => import("./suites/timer-wheel.ts"),
} as const satisfies Record<string, Load>;

export type SuiteName = keyof typeof SUITES;

export async function loadSuite(name: SuiteName): Promise<Suite> {
  return (await SUITES[name]()).suite;
}
