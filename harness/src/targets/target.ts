import type { Endpoint } from "../load/protocol.ts";
import type { Durability } from "../scenario/plan.ts";
import type { RestartableBroker } from "./restartable-broker.ts";

export type TargetName = "reference" | "kafka" | "rabbitmq" | "external" | "synthetic" | "null";

/** Of the load: a target that speaks several is started for one of them. */
export type Protocol = "kafka" | "amqp";

/** What `brokermark targets` prints of a target that is not running. */
export interface TargetDescription {
  readonly name: TargetName;
  readonly summary: string;
  readonly installed: boolean;
  /** As found on disk, null where only a running broker can tell. */
  readonly version: string | null;
  readonly howToInstall: string | null;
}

export interface StartOptions {
  /** One of the target's `protocols`; the endpoint of the running target is the one that speaks it. */
  readonly protocol: Protocol;
  /** Also listen for HTTP; the endpoint of the running target says where. Targets that cannot leave it out. */
  readonly http?: boolean;
  /** Where it is to listen for the protocol; absent: any free port. The small servers of this folder always take any. */
  readonly port?: number;
  /** Over this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Empty directory of this start alone; the target creates what it needs in it and the caller removes it. */
  readonly directory: string;
  readonly durability: Durability | null;
  /** `key=value` options of `--target name:key=value,…`, e.g. url for external, delayMs for synthetic. */
  readonly options: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface Target {
  readonly name: TargetName;
  readonly protocols: readonly Protocol[];
  describe(): Promise<TargetDescription>;
  /** Resolves when a probe message has travelled through the broker and back. Throws HarnessError. */
  start(options: StartOptions): Promise<RunningTarget>;
}

/** Disposing stops the whole process tree and returns when no process of it is left. */
export interface RunningTarget extends AsyncDisposable {
  readonly name: TargetName;
  /** Where the protocol asked for is spoken. */
  readonly endpoint: Endpoint;
  /** Read from the running broker. */
  readonly version: string;
  /** The class in force, and how it was read back; null where it cannot be known. */
  readonly durability: Durability | null;
  readonly durabilityEvidence: string;
  /** How long its compiler and allocators take to settle (run/warmup-bounds.ts); `none`: nothing does. */
  readonly warmup: "jvm" | "beam" | "node" | "none";
  /** Effective configuration as the broker tells it. */
  readonly configuration: Readonly<Record<string, string>>;
  /** What this target does or skips that others do not; printed beside its ratios. */
  readonly notes: readonly string[];
  /** Root process, null for external targets: no cost can be measured then. A restarted broker has another. */
  readonly pid: number | null;
  readonly startupMs: number;
  /** Rejects with TARGET_DIED when the process ends without being asked to. Never resolves. */
  readonly died: Promise<never>;
  /** Stops it and starts it again on its data; null where nobody here can, or where it keeps none. */
  readonly restart: Pick<RestartableBroker, "stop" | "start"> | null;
}
