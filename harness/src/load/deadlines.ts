/** When the messages of a TTL storm are due. Pure. */
import type { TtlStormParameters } from "../scenario/plan.ts";

export interface Deadlines {
  readonly due: TtlStormParameters["due"];
  /** From the load's start, or with queue-ttl from each message's sending, to the (first) deadline. */
  readonly leadMs: number;
  /** spread: from one message of a producer to its next. */
  readonly stepUs: number;
  /** What expires goes to a queue of its own, where consumers wait. */
  readonly deadLetter: boolean;
}

/** Of message `sequence` of any producer, on the clock of the two times given, microseconds. */
export function deadlineUs(
  { due, leadMs, stepUs }: Deadlines,
  startUs: number,
  sequence: number,
  sentUs: number,
): number {
  const leadUs = leadMs * 1e3;
  if (due === "queue-ttl") return sentUs + leadUs;
  return startUs + leadUs + (due === "spread" ? sequence * stepUs : 0);
}
