/** The plugins that listen for HTTP start after the broker itself. */
import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError } from "../../errors.ts";
import type { HttpEndpoint } from "../../load/protocol.ts";

const POLL_MS = 50;

/** Resolves when both answer, whatever they answer. Throws TARGET_UNREACHABLE when the time is over, or the signal's reason. */
export async function untilHttpAnswers(
  http: HttpEndpoint,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (const url of [
    `http://${http.host}:${http.port}/api/overview`,
    `http://${http.host}:${http.metricsPort}/metrics`,
  ]) {
    while (!(await answers(url, signal))) {
      if (performance.now() > deadline) {
        throw new HarnessError("TARGET_UNREACHABLE", `${url} does not answer after ${timeoutMs / 1000} s`);
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    await (await fetch(url, { signal })).arrayBuffer();
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
