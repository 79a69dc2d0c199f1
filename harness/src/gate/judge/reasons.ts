import type { InconclusiveReason } from "../judgement.ts";

export interface ReasonInWords {
  readonly meaning: string;
  /** What the reader can do. */
  readonly help: string;
}

/** Most telling first: of several that hold, the first is the one named. `gate --explain` prints them. */
export const INCONCLUSIVE_REASONS: Readonly<Record<InconclusiveReason, ReasonInWords>> = {
  control: {
    meaning:
      "The baseline was also compared with itself, and the gate found a difference where there is none.",
    help: "Something other than the change tells the sides apart: look at the slots in the evidence (ports, directories, start order), and run again.",
  },
  migrated: {
    meaning: "The CPU model, the boot or the clock source was another at the end than at the beginning.",
    help: "Run again; if it recurs, use a runner that is not moved or suspended.",
  },
  "side-failed": {
    meaning: "One side did not start, or died, so that rounds could not be played to the end.",
    help: "Start that side by hand with the command in the evidence, and read the tail of its log.",
  },
  interrupted: {
    meaning: "The job was stopped before the evidence sufficed. What was measured is kept.",
    help: "Run the same command again: the evidence of both attempts is judged together.",
  },
  client: {
    meaning:
      "The load generator used more than 85 % of a core, so its own limit hides part of what the broker could do. A difference may be larger than it looks.",
    help: "Use fewer connections or smaller batches, a runner with more cores, or gate on CPU per message.",
  },
  contended: {
    meaning: "Other programs used more than three quarters of the machine during most of the measuring.",
    help: "Run on a quieter runner or at another time, or allow more time with --max-time.",
  },
  clock: {
    meaning: "The machine stood still for more than 250 ms in so many rounds that too few were left.",
    help: "Use a runner that is not paused or throttled; rounds with such gaps are set aside, so more time helps as well.",
  },
  short: {
    meaning: "There were too few rounds for the test to call anything a regression.",
    help: "Allow more time with --max-time, or name fewer scenarios.",
  },
  unstable: {
    meaning:
      "The differences rise or fall from round to round, or jump between two values further apart than the limit.",
    help: "Look for what changes while the job runs: a disk filling up, a clock stepping down, a broker with two modes. A single figure would mislead.",
  },
  noise: {
    meaning:
      "The rounds differ so much from one another that a regression as large as the limit could have gone unseen.",
    help: "Allow more time with --max-time, use a quieter runner, or raise this metric's limit.",
  },
  borderline: {
    meaning:
      "The difference lies between nothing and the limit, and neither could be excluded with these rounds.",
    help: "Allow more time with --max-time; a rerun adds to the evidence. A limit clearly above or below the effect decides at once.",
  },
};

export const REASON_ORDER = Object.keys(INCONCLUSIVE_REASONS) as InconclusiveReason[];

/** The most telling one; null of none. */
export function firstReason(reasons: Iterable<InconclusiveReason>): InconclusiveReason | null {
  const held = new Set(reasons);
  return REASON_ORDER.find((reason) => held.has(reason)) ?? null;
}
