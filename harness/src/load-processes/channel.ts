import { HarnessError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { nowUs } from "../measure/clock.ts";
import type { EvidenceRecorder } from "../load/evidence.ts";
import type { FromLoadProcess, Progress, ToLoadProcess } from "../load/protocol.ts";

const PROGRESS_MS = 250;

export function send(message: FromLoadProcess): void {
  // An orchestrator that is gone wants nothing any more; `disconnect` ends this process.
  if (process.connected) process.send?.(message);
}

/**
 * Makes this process a load process: it obeys the orchestrator's messages, says `failed` when one cannot be obeyed,
 * leaves SIGINT to the orchestrator and ends with the channel.
 */
export function serveOrchestrator(handle: (message: ToLoadProcess) => Promise<void>): void {
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit(EXIT.done));
  process.on("message", (message: ToLoadProcess) => {
    handle(message).catch(fail);
  });
  process.on("uncaughtException", fail);
}

function fail(error: unknown): void {
  const code = error instanceof HarnessError ? error.code : "LOAD_PROCESS_DIED";
  const message = error instanceof Error ? error.message : String(error);
  const detail =
    error instanceof HarnessError ? message : String(error instanceof Error ? error.stack : error);
  send({ type: "failed", code, message: detail });
}

/** Returns the function that ends the reporting. */
export function reportProgress(
  evidence: EvidenceRecorder,
  counts: () => Pick<Progress, "published" | "confirmed" | "delivered">,
): () => void {
  const timer = setInterval(() => {
    send({ type: "progress", atUs: Math.round(nowUs()), ...counts(), cpuUs: evidence.cpuUs() });
  }, PROGRESS_MS);
  return () => clearInterval(timer);
}
