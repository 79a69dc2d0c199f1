import type { z } from "zod";
import type { logLoadParameters, logLoadPhases } from "./log-load.ts";
import type { expectations } from "./schema.ts";

/**
 * A plan is scenario x target x profile x sweep point x repetition x seed, fully resolved: plain JSON that a
 * load process can execute and a result file can carry. Its parts are derived from the scenario's fields.
 */
export type LogLoadParameters = Readonly<z.output<typeof logLoadParameters>>;
export type Codec = LogLoadParameters["codec"];
export type Acks = LogLoadParameters["acks"];
/** `json`: event-like text that lz4 shrinks to about 40 %; `random`: incompressible bytes. */
export type PayloadKind = LogLoadParameters["payloadKind"];
export type Durability = "none" | "os" | "fsync";
export type DriverName = "kafka" | "kafkajs" | "null";

type PhaseFields = z.output<typeof logLoadPhases>;

/** `measure` ends at whichever bound comes first; maxBytes bounds the disk used by encoded batches. */
export interface Phases {
  readonly warmup: Readonly<PhaseFields["warmup"]>;
  readonly measure: Readonly<PhaseFields["measure"]>;
  readonly verify: Readonly<PhaseFields["verify"]>;
}

/** Upper bounds; a run that exceeds one fails its scenario (exit code 1, or 4 where integrity is concerned). */
export type Expectations = Readonly<z.output<typeof expectations>>;

export interface Plan {
  readonly scenario: string;
  readonly question: string;
  /** With `--quick` the profile's name and `-quick`, so that its results are never taken for full ones. */
  readonly profile: string;
  readonly workload: "log-load";
  readonly protocol: "kafka";
  readonly driver: DriverName;
  readonly mode: "open" | "closed";
  /** As `--target` is written, options included: `kafka`, `external:host=127.0.0.1,port=9092`. */
  readonly target: string;
  readonly durability: Durability | null;
  /** 1 is the first. */
  readonly repetition: number;
  /** The same for all targets of a repetition, so that they get the same load. */
  readonly seed: number;
  readonly parameters: LogLoadParameters;
  readonly phases: Phases;
  readonly expect: Expectations;
}
