import { EXIT } from "../../exit-codes.ts";
import type { GateVerdict, Judgement } from "../judgement.ts";

const BY_VERDICT: Readonly<Record<GateVerdict, number>> = {
  pass: EXIT.done,
  improved: EXIT.done,
  regress: EXIT.failed,
  inconclusive: EXIT.inconclusive,
  integrity: EXIT.integrity,
};

/**
 * `neutral`: what cannot be told passes, for where that must not block. A side that failed is never neutral: a candidate that
 * dies is no candidate.
 */
export function exitCodeOfGate({ verdict, endReason }: Judgement, inconclusive: "neutral" | "fail"): number {
  if (verdict === "inconclusive" && endReason === "side-failed") return EXIT.targetWouldNotRun;
  if (verdict === "inconclusive" && inconclusive === "neutral") return EXIT.done;
  return BY_VERDICT[verdict];
}
