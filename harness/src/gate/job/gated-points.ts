/** What is gated unless something else is asked for. Read by the command's help, so it loads nothing. */
export const DEFAULT_SCENARIOS = ["megabatch", "publish-confirm"] as const;

interface GatedPoint {
  readonly profile: string;
  /** As `--set` is written; what the user sets goes over it. */
  readonly set: readonly string[];
}

/**
 * The point of a scenario that is gated unless another is asked for: one at which the broker is busy all the time and a
 * slice of 25 ms holds hundreds of confirmations.
 */
export const GATED_POINTS: Readonly<Record<string, GatedPoint>> = {
  megabatch: { profile: "standard", set: ["acks=1", "codec=lz4"] },
  "publish-confirm": { profile: "persistent", set: ["confirmWindow=100"] },
};
