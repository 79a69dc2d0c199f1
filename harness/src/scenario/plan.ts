import type { z } from "zod";
import type { backlogDrainParameters } from "./backlog-drain.ts";
import type { connectionsParameters } from "./connections.ts";
import type { httpIngestParameters } from "./http-ingest.ts";
import type { logLoadParameters } from "./log-load.ts";
import type { memoryPagingParameters } from "./memory-paging.ts";
import type { fanoutParameters, publishConfirmParameters, workQueueParameters } from "./messaging.ts";
import type { phaseFields } from "./phases.ts";
import type { recoveryParameters } from "./recovery.ts";
import type { expectations } from "./schema.ts";
import type { ttlStormParameters } from "./ttl-storm.ts";
import type { DriverName, Protocol, StagedWorkload, SteadyWorkload, Workload } from "./workloads.ts";

export type { DriverName, Protocol, StagedWorkload, SteadyWorkload, Workload } from "./workloads.ts";

/**
 * A plan is scenario x target x profile x sweep point x repetition x seed, fully resolved: plain JSON that a
 * load process can execute and a result file can carry. Its parts are derived from the scenario's fields.
 */
export type LogLoadParameters = Readonly<z.output<typeof logLoadParameters>>;
export type FanoutParameters = Readonly<z.output<typeof fanoutParameters>>;
export type PublishConfirmParameters = Readonly<z.output<typeof publishConfirmParameters>>;
export type WorkQueueParameters = Readonly<z.output<typeof workQueueParameters>>;
export type TtlStormParameters = Readonly<z.output<typeof ttlStormParameters>>;
export type MemoryPagingParameters = Readonly<z.output<typeof memoryPagingParameters>>;
export type ConnectionsParameters = Readonly<z.output<typeof connectionsParameters>>;
export type RecoveryParameters = Readonly<z.output<typeof recoveryParameters>>;
export type BacklogDrainParameters = Readonly<z.output<typeof backlogDrainParameters>>;
export type HttpIngestParameters = Readonly<z.output<typeof httpIngestParameters>>;

export interface ParametersOf extends Record<Workload, object> {
  readonly "log-load": LogLoadParameters;
  readonly fanout: FanoutParameters;
  readonly "publish-confirm": PublishConfirmParameters;
  readonly "work-queue": WorkQueueParameters;
  readonly "ttl-storm": TtlStormParameters;
  readonly "memory-paging": MemoryPagingParameters;
  readonly connections: ConnectionsParameters;
  readonly "http-ingest": HttpIngestParameters;
  readonly recovery: RecoveryParameters;
  readonly "backlog-drain": BacklogDrainParameters;
}

export type Codec = LogLoadParameters["codec"];
export type Acks = LogLoadParameters["acks"];
/** `json`: event-like text that lz4 shrinks to about 40 %; `random`: incompressible bytes. */
export type PayloadKind = LogLoadParameters["payloadKind"];
export type OverflowPolicy = Exclude<FanoutParameters["slowPolicy"], "none">;
export type Durability = "none" | "os" | "fsync";

type PhaseFields = z.output<typeof phaseFields>;

/** `measure` ends at whichever bound comes first; maxBytes bounds the disk used by encoded batches. */
export interface Phases {
  readonly warmup: Readonly<PhaseFields["warmup"]>;
  readonly measure: Readonly<PhaseFields["measure"]>;
  readonly verify: Readonly<PhaseFields["verify"]>;
}

/** Upper bounds; a run that exceeds one fails its scenario (exit code 1, or 4 where integrity is concerned). */
export type Expectations = Readonly<z.output<typeof expectations>>;

interface PlanHead {
  readonly scenario: string;
  readonly question: string;
  /** With `--quick` the profile's name and `-quick`, so that its results are never taken for full ones. */
  readonly profile: string;
  readonly protocol: Protocol;
  readonly driver: DriverName;
  readonly mode: "open" | "closed";
  /** As `--target` is written, options included: `kafka`, `external:host=127.0.0.1,port=9092`. */
  readonly target: string;
  readonly durability: Durability | null;
  /** 1 is the first. */
  readonly repetition: number;
  /** The same for all targets of a repetition, so that they get the same load. */
  readonly seed: number;
  readonly phases: Phases;
  readonly expect: Expectations;
}

export type PlanOf<W extends Workload> = PlanHead & {
  readonly workload: W;
  readonly parameters: ParametersOf[W];
};

export type SteadyPlan = { [W in SteadyWorkload]: PlanOf<W> }[SteadyWorkload];
export type StagedPlan = { [W in StagedWorkload]: PlanOf<W> }[StagedWorkload];
export type Plan = SteadyPlan | StagedPlan;
export type LogLoadPlan = PlanOf<"log-load">;
export type LoadParameters = Plan["parameters"];
