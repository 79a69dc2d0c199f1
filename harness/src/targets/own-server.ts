/** Starts one of the small servers of this folder (synthetic, null) as a process. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { probe } from "./probe.ts";
import { startProcess } from "./process.ts";
import { announcedEndpoint, duringStart } from "./started-broker.ts";
import type { RunningTarget, StartOptions, TargetName } from "./target.ts";

export interface OwnServer {
  readonly name: TargetName;
  readonly start: StartOptions;
  /** Entry file without its extension: TypeScript in a checkout, JavaScript in the package. */
  readonly entry: URL;
  readonly args: readonly string[];
  readonly readsBack: boolean;
  readonly notes: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 15_000;

export async function startOwnServer(server: OwnServer): Promise<RunningTarget> {
  const { name, start, readsBack } = server;
  start.signal.throwIfAborted();
  const began = performance.now();
  const broker = await startProcess({
    label: name,
    command: process.execPath,
    args: [`${fileURLToPath(server.entry)}${extname(import.meta.url)}`, ...server.args],
    directory: start.directory,
    env: { ...process.env, ...start.environment },
    announces: true,
  });
  return await duringStart(broker, name, start.signal, async (signal) => {
    const line = await broker.announced();
    const endpoint = announcedEndpoint(name, broker.logFile, line);
    // Over AMQP the null target keeps nothing that could be got back; that it listens must do.
    if (start.protocol === "kafka") await probe({ endpoint, signal, timeoutMs: START_TIMEOUT_MS, readsBack });
    return {
      name,
      endpoint,
      version: String((line as { version?: unknown }).version),
      durability: "none",
      durabilityEvidence: "keeps nothing outside its memory",
      warmup: "node",
      configuration: server.configuration,
      notes: server.notes,
      pid: broker.pid,
      startupMs: performance.now() - began,
      died: broker.died,
      restart: null,
      [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
    };
  });
}
