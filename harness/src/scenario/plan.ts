/**
 * A plan is scenario x target x profile x sweep point x repetition x seed, fully resolved: plain JSON that a
 * load process can execute and a result file can carry.
 */
export type Codec = "none" | "gzip" | "snappy" | "lz4" | "zstd";
export type Acks = 0 | 1 | "all";
export type Durability = "none" | "os" | "fsync";
export type DriverName = "kafka" | "kafkajs" | "null";
/** `json`: event-like text that lz4 shrinks to about 40 %; `random`: incompressible bytes. */
export type PayloadKind = "json" | "random";

/** Load on a log broker (Kafka protocol). Sizes in bytes, rates in messages per second over all producers. */
export interface LogLoadParameters {
  readonly producers: number;
  readonly partitions: number;
  readonly payloadBytes: number;
  readonly payloadKind: PayloadKind;
  /** Upper bound of an encoded batch on the wire, compressed, as Java's `batch.size` is applied. */
  readonly batchBytes: number;
  readonly codec: Codec;
  readonly acks: Acks;
  readonly lingerMs: number;
  /** Requests without an answer per producer connection. */
  readonly maxInFlight: number;
  readonly idempotent: boolean;
  /** null: closed loop, as fast as maxInFlight allows. */
  readonly ratePerSecond: number | null;
}

export interface Phases {
  readonly warmup: { readonly minMs: number; readonly maxMs: number; readonly windowMs: number };
  /** Ends at whichever bound comes first; maxBytes bounds the disk used by encoded batches. */
  readonly measure: { readonly durationMs: number; readonly maxBytes: number };
  readonly verify: { readonly timeoutMs: number };
}

export interface Plan {
  readonly scenario: string;
  readonly profile: string;
  readonly workload: "log-load";
  readonly protocol: "kafka";
  readonly driver: DriverName;
  readonly mode: "open" | "closed";
  readonly target: string;
  readonly durability: Durability | null;
  readonly repetition: number;
  readonly seed: number;
  readonly parameters: LogLoadParameters;
  readonly phases: Phases;
  readonly expect: Expectations;
}

/** Upper bounds; a run that exceeds one fails its scenario (exit code 1, or 4 where integrity is concerned). */
export interface Expectations {
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
}
