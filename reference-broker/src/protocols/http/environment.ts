/** What all handlers share, put together at the composition root. */
import type { Identity } from "../../engines/identity/contract.ts";
import type { LogEngine, Topic } from "../../engines/log/contract.ts";
import type { QueueEngine } from "../../engines/queues/contract.ts";
import type { Health } from "./health.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { HttpCounters } from "./statistics.ts";

/** The AMQP side; there when AMQP is on. */
export interface QueueSide {
  readonly engine: QueueEngine;
  readonly identity: Identity;
  statistics(): { readonly connections: number };
}

export interface HttpEnvironment {
  readonly log: LogEngine;
  /** The topic, made now if the broker makes topics on demand; else why there is none. Throws STORAGE_FAILED. */
  readonly openTopic: (name: string) => Promise<Topic | TopicRefusal>;
  /** null: AMQP is off. */
  readonly queues: QueueSide | null;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly counters: HttpCounters;
  /** The effective configuration with where each value comes from, without secrets. */
  readonly configuration: () => unknown;
  readonly listeners: readonly ListenerDescription[];
  /** Larger messages are refused. */
  readonly maxMessageBytes: number;
  /** Appends not written yet, beyond which publishers wait. */
  readonly maxBacklogBytes: number;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export interface TopicRefusal {
  readonly refusal: "not-allowed" | "invalid-name";
  readonly reason: string;
}

export interface ListenerDescription {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}
