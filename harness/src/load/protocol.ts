/**
 * What orchestrator and load processes say to each other over Node's IPC channel (JSON serialisation).
 * A load process is started as `node publisher-process.ts` or `node consumer-process.ts`, says `ready` after
 * `prepare`, may be prepared again for another topic, and ends by itself when the channel closes. Times are microseconds of CLOCK_MONOTONIC
 * (`process.hrtime`), which all processes of one machine share. Histograms are HdrHistogram V2, base64, values in
 * whole microseconds.
 */
import type { Durability, LogLoadParameters } from "../scenario/plan.ts";
import type { Held, HoldConnections, Released, ReleaseConnections } from "./hold.ts";
import type { QueueLoad } from "./queue-load.ts";
import type { PlaySlices, PrepareSides, SidesReady, SlicesPlayed } from "./slices.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** AMQP only, and absent where `guest`, `guest` and `/` will do. */
  readonly login?: AmqpLogin;
  /** Where it speaks HTTP; absent unless the target was started for that. */
  readonly http?: HttpEndpoint;
}

export interface HttpEndpoint {
  readonly host: string;
  readonly port: number;
  /** Of GET /metrics. */
  readonly metricsPort: number;
}

export interface AmqpLogin {
  readonly user: string;
  readonly password: string;
  readonly virtualHost: string;
}

export type PrepareLoad = PrepareLogLoad | PrepareQueueLoad;

interface Prepare {
  readonly type: "prepare";
  readonly endpoint: Endpoint;
  /** Topic, or the name that exchange and queues begin with. Already created by the orchestrator. */
  readonly topic: string;
  readonly seed: number;
  /** Distinguishes this run's messages from any others there. 32 bit. */
  readonly runId: number;
  /** Publisher: those it plays. Consumer: all that exist. */
  readonly producers: readonly number[];
  /** Consumer only, of a broker that is being started: reading begins with `prepare`, as soon as it can. */
  readonly attach?: AttachOptions;
  /** Consumer only, of a backlog: who publishes beside it. Their messages alone have latencies. */
  readonly live?: LiveProducers;
}

/** Try again and again. */
export interface AttachOptions {
  readonly retryMs: number;
  readonly timeoutMs: number;
}

export interface LiveProducers {
  readonly producers: readonly number[];
  /** Messages in a full batch of theirs. */
  readonly recordsPerBatch: number;
}

/** Producer p writes to partition p % partitions. */
export interface PrepareLogLoad extends Prepare {
  readonly kind: "log";
  readonly driver: "kafka" | "kafkajs" | "http-topic";
  readonly parameters: LogLoadParameters;
  /** Consumer only: the partitions it reads, from offset 0. */
  readonly partitions: readonly number[];
  /** Consumer only: messages in a full batch, as the publishers' `ready` told; 0 for a publisher. */
  readonly recordsPerBatch: number;
  /** Consumer only: so many readers, each of all its partitions. */
  readonly readers: number;
}

/** Producer p writes to queue p % queues, or to all of them. */
export interface PrepareQueueLoad extends Prepare {
  readonly kind: "queues";
  readonly driver: "amqp" | "amqplib" | "http-exchange";
  readonly parameters: QueueLoad;
  /** Consumer only: the queues whose consumers it plays. */
  readonly queues: readonly number[];
  /** Consumer only: consuming begins with `prepare`, not with `start`. */
  readonly readsAlong: boolean;
}

export interface StartLoad {
  readonly type: "start";
  readonly startAtUs: number;
  readonly durationMs: number;
  /** Encoded bytes over all producers of this process. */
  readonly maxBytes: number;
}

/** Publisher: stop sending now, as if the duration were over. */
export interface StopLoad {
  readonly type: "stop";
}

/** Consumer: what arrives from now on belongs to another window. */
export interface MarkWindow {
  readonly type: "mark";
}

/** Consumer: read until everything expected arrived or the timeout passes, then report. */
export interface FinishReading {
  readonly type: "finish";
  readonly timeoutMs: number;
  readonly published: readonly ProducerOutcome[];
}

export type ToLoadProcess =
  | PrepareLoad
  | StartLoad
  | StopLoad
  | MarkWindow
  | FinishReading
  | HoldConnections
  | ReleaseConnections
  | PrepareSides
  | PlaySlices;

export interface Ready {
  readonly type: "ready";
  /** What one full batch is, measured from the built templates; null from a consumer. */
  readonly batch: BatchShape | null;
  /** With `attach` only. */
  readonly attached?: Attached;
}

/** When a broker that was being started let a client in. */
export interface Attached {
  /** Its port accepted a connection. */
  readonly acceptedUs: number;
  /** It had greeted a client and told of every queue or partition that it is there. */
  readonly servedUs: number;
}

export interface BatchShape {
  readonly records: number;
  readonly encodedBytes: number;
  readonly payloadBytes: number;
  /** Uncompressed record bytes divided by encoded ones. */
  readonly compressionRatio: number;
}

/** Every 250 ms while running; cumulative counts. */
export interface Progress {
  readonly type: "progress";
  readonly atUs: number;
  readonly published: number;
  readonly confirmed: number;
  readonly delivered: number;
  /** CPU of this process so far, user and system, microseconds. */
  readonly cpuUs: number;
}

/** Publisher: the last batch has left; sent at once, before the report, so that the log end can be watched. */
export interface LastSent {
  readonly type: "lastSent";
  readonly firstSendUs: number;
  readonly lastSendUs: number;
  readonly messagesByPartition: Readonly<Record<number, number>>;
}

/** Consumer of a backlog with live producers: their messages come as they are sent, so nothing waits any more. */
export interface CaughtUp {
  readonly type: "caughtUp";
  readonly atUs: number;
}

export interface ProducerOutcome {
  readonly producer: number;
  readonly partition: number;
  readonly publishedBatches: number;
  readonly recordsPerBatch: number;
  /** Batch sequences that were answered with an error or not at all; never with acks 0. Delivered or not, both are right. */
  readonly unconfirmedBatches: readonly number[];
}

export interface PublisherReport {
  readonly type: "published";
  readonly firstSendUs: number;
  readonly lastSendUs: number;
  readonly lastConfirmUs: number | null;
  readonly publishedMessages: number;
  readonly confirmedMessages: number;
  readonly encodedBytes: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly outcomes: readonly ProducerOutcome[];
  /** publish: actual send to confirmation, null with acks 0. scheduleLag: null in closed loop. */
  readonly histograms: { readonly publish: string | null; readonly scheduleLag: string | null };
  readonly windows: readonly LoadWindow[];
  /** The longest that a producer could send nothing, for want of answers or because the broker read no more. */
  readonly longestHoldMs: number;
  /** The longest that the broker told one of its connections to wait (connection.blocked), milliseconds. */
  readonly blockedMs: number;
  readonly process: ProcessEvidence;
}

export interface ConsumerReport {
  readonly type: "consumed";
  /** Intact messages of this run, each counted once. */
  readonly delivered: number;
  /** Confirmed (acks 0: published) and never seen. */
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
  /** Confirmed, and not delivered because the queue's overflow policy says so; in `lost` otherwise. */
  readonly dropped: number;
  /** Messages of no producer of this run. */
  readonly foreign: number;
  /** Of `delivered`, what went to a slow subscriber; it is in no histogram and no window. */
  readonly deliveredSlowly: number;
  /** The broker ended the slow subscriber's consumer or connection. */
  readonly slowEnded: string | null;
  readonly firstDeliveryUs: number | null;
  readonly lastDeliveryUs: number | null;
  /** With `live` only: the last message of the others, and when `caughtUp` was said, if it was. */
  readonly backlog?: { readonly lastDeliveryUs: number | null; readonly caughtUpUs: number | null };
  /** Messages that came before the time they carry, and by how much at most, microseconds: before they were due. */
  readonly early?: { readonly messages: number; readonly mostUs: number };
  /** The first few of each kind, in words, for the report. */
  readonly examples: readonly string[];
  /** Open loop only, else null. response: intended send to delivery; service: actual send to delivery. */
  readonly histograms: { readonly response: string | null; readonly service: string | null };
  readonly windows: readonly LoadWindow[];
  readonly timedOut: boolean;
  readonly process: ProcessEvidence;
}

/** One second of a load process, from its first send or read. */
export interface LoadWindow {
  readonly atUs: number;
  readonly durationUs: number;
  readonly messages: number;
  /** Publisher: publish latency; consumer: response time. null where none was recorded. */
  readonly histogram: string | null;
}

export interface ProcessEvidence {
  readonly pid: number;
  readonly cpuUserUs: number;
  readonly cpuSystemUs: number;
  readonly wallUs: number;
  /** Largest share of one core that the process used in a window. */
  readonly busiestWindowShare: number;
  readonly eventLoopDelayP99Us: number;
}

export interface LoadFailed {
  readonly type: "failed";
  readonly code: string;
  readonly message: string;
}

export type FromLoadProcess =
  | Ready
  | Progress
  | LastSent
  | CaughtUp
  | PublisherReport
  | ConsumerReport
  | Held
  | Released
  | SidesReady
  | SlicesPlayed
  | LoadFailed;

export type { Durability };
