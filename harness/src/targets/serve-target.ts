/** One target alone, until somebody stops it. */
import { mkdir } from "node:fs/promises";
import { HarnessError, invariant } from "../errors.ts";
import type { Durability } from "../scenario/plan.ts";
import { TARGETS } from "./catalog.ts";
import type { Protocol, TargetName } from "./target.ts";
import { parseTargetSpec, requireProtocol } from "./target-spec.ts";

export interface ServeOptions {
  /** As `--target` is written. */
  readonly target: string;
  readonly directory: string;
  /** Null: the target's first. */
  readonly protocol: Protocol | null;
  readonly durability: Durability | null;
  readonly signal: AbortSignal;
  readonly onListening: (told: TargetListening) => void;
}

/** Like the line that the reference broker prints of itself. */
export interface TargetListening {
  readonly event: "listening";
  readonly target: TargetName;
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly durability: Durability | null;
  readonly pid: number | null;
}

/** Throws the signal's reason when it is stopped, TARGET_DIED when it ends by itself, and what starting throws. */
export async function serveTarget(options: ServeOptions): Promise<never> {
  const { directory, durability, signal } = options;
  const spec = parseTargetSpec(options.target);
  const target = TARGETS[spec.name];
  const protocol = options.protocol ?? target.protocols[0];
  invariant(protocol !== undefined, "a target speaks a protocol");
  requireProtocol(target, protocol);
  if (spec.name === "external") {
    throw new HarnessError("USAGE", "target external is started by whoever runs it");
  }
  await mkdir(directory, { recursive: true });
  await using running = await target.start({
    directory,
    protocol,
    durability,
    options: spec.options,
    signal,
  });
  const { name, endpoint, version, pid } = running;
  const { host, port } = endpoint;
  options.onListening({
    event: "listening",
    target: name,
    ...{ protocol, host, port, version, durability: running.durability, pid },
  });
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
  return await Promise.race([stopped, running.died]);
}
