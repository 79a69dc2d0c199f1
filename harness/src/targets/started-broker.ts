/** From a process just spawned to a broker that has carried a message. */
import { HarnessError } from "../errors.ts";
import type { Endpoint } from "../load/protocol.ts";
import { probeQueue } from "./amqp/probe.ts";
import { readLogTail } from "./log-tail.ts";
import { probe } from "./probe.ts";
import { type BrokerProcess, describeExit, type Exit, startError } from "./process.ts";
import type { Protocol } from "./target.ts";

/**
 * Runs `work` (learning the endpoint, probing) while the process lives. When it dies, `work` fails or the signal
 * comes, the process is stopped and the error says why, with the log: TARGET_START_FAILED, or the signal's reason.
 */
export async function duringStart<T>(
  broker: BrokerProcess,
  label: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const combined = AbortSignal.any([signal, stop.signal]);
  const aborted = new Promise<never>((_, reject) => {
    combined.addEventListener("abort", () => reject(combined.reason), { once: true });
    if (combined.aborted) reject(combined.reason);
  });
  const exit = broker.exited.then((status): never => {
    throw endedEarly(label, broker.logFile, status);
  });
  const working = work(combined);
  for (const promise of [aborted, exit, working]) promise.catch(() => undefined);
  try {
    return await Promise.race([working, exit, aborted]);
  } catch (error) {
    stop.abort(error);
    await broker[Symbol.asyncDispose]();
    if (signal.aborted) throw signal.reason;
    throw asStartError(label, broker.logFile, error);
  }
}

/** Waits until a message has travelled through the broker. */
export function waitForMessage(
  protocol: Protocol,
  endpoint: Endpoint,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  return protocol === "kafka"
    ? probe({ endpoint, signal, timeoutMs, readsBack: true })
    : probeQueue({ endpoint, signal, timeoutMs });
}

/** Reads `host` and `port` of the line that a broker prints when it listens. Throws TARGET_START_FAILED. */
export function announcedEndpoint(label: string, logFile: string, line: unknown): Endpoint {
  const { host, port } = line as { host?: unknown; port?: unknown };
  if (typeof host === "string" && Number.isInteger(port)) return { host, port: port as number };
  throw startError(label, `its first line does not say where it listens: ${JSON.stringify(line)}`, logFile);
}

function endedEarly(label: string, logFile: string, exit: Exit): HarnessError {
  const log = readLogTail(logFile, 200).join("\n");
  return startError(label, `ended while starting (${describeExit(exit)})`, logFile, hintForLog(log));
}

/** What to do about a start that failed, from what the broker logged. */
export function hintForLog(log: string): string | undefined {
  if (/EADDRINUSE|Address already in use/i.test(log)) return "another process took the port: run it again";
  if (/ENOSPC|No space left on device/i.test(log)) return "free space on the disk of the data directory";
  if (/EACCES|EROFS|Permission denied|Read-only file system/i.test(log))
    return "the data directory must be writable";
  if (/insufficient memory|Could not reserve enough space|OutOfMemory/i.test(log))
    return "free memory: it needs more";
  return undefined;
}

function asStartError(label: string, logFile: string, error: unknown): unknown {
  if (!(error instanceof HarnessError) || error.code !== "TARGET_UNREACHABLE") return error;
  return startError(label, error.message, logFile);
}
