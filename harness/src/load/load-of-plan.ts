/** A plan's workload over its protocol, as the load processes play it. Pure. */
import type {
  FanoutParameters,
  LogLoadParameters,
  PublishConfirmParameters,
  SteadyPlan,
} from "../scenario/plan.ts";
import type { QueueLoad } from "./queue-load.ts";

export interface LogLoad {
  readonly kind: "log";
  readonly parameters: LogLoadParameters;
  /** Readers that each read every partition; 1 where reading back is shared out by partition. */
  readonly readers: number;
}

export interface QueuesLoad {
  readonly kind: "queues";
  readonly parameters: QueueLoad;
}

export type Load = (LogLoad | QueuesLoad) & {
  /** Consumers read while publishers send; otherwise they read back afterwards. */
  readonly readsAlong: boolean;
  /** How many times an intact message is delivered. */
  readonly deliveriesPerMessage: number;
  /** The clock stops at the last delivery, not when the target has taken the last message. */
  readonly endsWithDelivery: boolean;
};

/** The header of a record batch and what a record adds to a payload of up to 64 KiB without key and headers. */
const BATCH_HEADER_BYTES = 61;
const MOST_RECORD_OVERHEAD_BYTES = 14;
/** Requests in flight that a connection may have: Kafka's broker answers them one after another. */
const MOST_IN_FLIGHT = 1000;

export function loadOf(plan: SteadyPlan): Load {
  const readsAlong = plan.mode === "open";
  switch (plan.workload) {
    case "log-load":
      return {
        kind: "log",
        parameters: plan.parameters,
        readers: 1,
        readsAlong,
        deliveriesPerMessage: 1,
        endsWithDelivery: false,
      };
    case "fanout":
      return {
        ...(plan.protocol === "kafka"
          ? { kind: "log", parameters: fanoutOnLog(plan.parameters), readers: plan.parameters.subscribers }
          : { kind: "queues", parameters: fanoutOnQueues(plan.parameters) }),
        readsAlong: true,
        deliveriesPerMessage: plan.parameters.subscribers,
        endsWithDelivery: true,
      };
    case "publish-confirm":
      return {
        ...(plan.protocol === "kafka"
          ? { kind: "log", parameters: confirmOnLog(plan.parameters), readers: 1 }
          : { kind: "queues", parameters: confirmOnQueues(plan.parameters) }),
        readsAlong,
        deliveriesPerMessage: 1,
        endsWithDelivery: false,
      };
    case "work-queue": {
      const { publishers, consumers, ...same } = plan.parameters;
      return {
        kind: "queues",
        parameters: {
          ...same,
          producers: publishers,
          consumersPerQueue: consumers,
          routing: "direct",
          topics: 1,
          slow: null,
        },
        readsAlong: true,
        deliveriesPerMessage: 1,
        endsWithDelivery: true,
      };
    }
  }
}

/** A connection for each topic: our producer sends batches of one partition, and so has one to send to. */
function fanoutOnLog(parameters: FanoutParameters): LogLoadParameters {
  return onLog(parameters, parameters.topics, parameters.topics);
}

function confirmOnLog(parameters: PublishConfirmParameters): LogLoadParameters {
  return onLog(parameters, parameters.publishers, parameters.queues);
}

type OnEither = Pick<
  FanoutParameters,
  "payloadBytes" | "payloadKind" | "batchBytes" | "lingerMs" | "confirmWindow" | "ratePerSecond"
>;

/** The confirm window holds batches that fit into it: fewer large ones, or many of a record each. */
function onLog(parameters: OnEither, producers: number, partitions: number): LogLoadParameters {
  const { payloadBytes, payloadKind, lingerMs, confirmWindow, ratePerSecond } = parameters;
  const recordBytes = payloadBytes + MOST_RECORD_OVERHEAD_BYTES;
  const windowBytes = BATCH_HEADER_BYTES + confirmWindow * recordBytes;
  const batchBytes = Math.min(parameters.batchBytes, windowBytes);
  const records = Math.max(1, Math.floor((batchBytes - BATCH_HEADER_BYTES) / recordBytes));
  return {
    producers,
    partitions,
    payloadBytes,
    payloadKind,
    batchBytes,
    codec: "none",
    acks: "all",
    lingerMs,
    maxInFlight: Math.min(MOST_IN_FLIGHT, Math.max(1, Math.floor(confirmWindow / records))),
    idempotent: false,
    ratePerSecond,
  };
}

function fanoutOnQueues(parameters: FanoutParameters): QueueLoad {
  const { subscribers, topics, slowPolicy, maxLength, slowPauseMs, ...rest } = parameters;
  return {
    ...messagesOf(rest),
    producers: 1,
    routing: "fan-out",
    topics,
    queues: subscribers,
    slow: slowPolicy === "none" ? null : { policy: slowPolicy, maxLength, pauseMs: slowPauseMs },
  };
}

function confirmOnQueues(parameters: PublishConfirmParameters): QueueLoad {
  const { publishers, queues } = parameters;
  return {
    ...messagesOf(parameters),
    producers: publishers,
    routing: "direct",
    topics: 1,
    queues,
    slow: null,
  };
}

/** Read by one consumer each, without acks. */
function messagesOf(parameters: OnEither & Pick<FanoutParameters, "persistent">) {
  const { payloadBytes, payloadKind, persistent, confirmWindow, ratePerSecond } = parameters;
  return {
    payloadBytes,
    payloadKind,
    persistent,
    confirmWindow,
    ratePerSecond,
    consumersPerQueue: 1,
    prefetch: 0,
    ackEvery: 0,
  };
}
