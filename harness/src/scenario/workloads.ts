/** Every workload: its parameters, the drivers that can carry it, and what cannot be asked of it. */
import { backlogDrainImpossibilities, backlogDrainParameters } from "./backlog-drain.ts";
import { connectionsImpossibilities, connectionsParameters } from "./connections.ts";
import { httpIngestImpossibilities, httpIngestParameters } from "./http-ingest.ts";
import { logLoadImpossibilities, logLoadParameters } from "./log-load.ts";
import { memoryPagingImpossibilities, memoryPagingParameters } from "./memory-paging.ts";
import {
  fanoutImpossibilities,
  fanoutParameters,
  publishConfirmImpossibilities,
  publishConfirmParameters,
  workQueueImpossibilities,
  workQueueParameters,
} from "./messaging.ts";
import { recoveryImpossibilities, recoveryParameters } from "./recovery.ts";
import { ttlStormImpossibilities, ttlStormParameters } from "./ttl-storm.ts";

/** One load that goes on as it began: warm-up, measure, read back (run/run-plan.ts). */
export const STEADY_WORKLOADS = {
  "log-load": {
    parameters: logLoadParameters,
    drivers: ["kafka", "kafkajs", "null"],
    impossibilities: logLoadImpossibilities,
  },
  fanout: {
    parameters: fanoutParameters,
    drivers: ["amqp", "amqplib", "kafka", "kafkajs"],
    impossibilities: fanoutImpossibilities,
  },
  "publish-confirm": {
    parameters: publishConfirmParameters,
    drivers: ["amqp", "amqplib", "kafka", "kafkajs"],
    impossibilities: publishConfirmImpossibilities,
  },
  "work-queue": {
    parameters: workQueueParameters,
    drivers: ["amqp", "amqplib"],
    impossibilities: workQueueImpossibilities,
  },
} as const;

/** A sequence of stages of its own, each with a row in run/staged/table.ts that plays it. */
export const STAGED_WORKLOADS = {
  "ttl-storm": {
    parameters: ttlStormParameters,
    drivers: ["amqp"],
    impossibilities: ttlStormImpossibilities,
  },
  "memory-paging": {
    parameters: memoryPagingParameters,
    drivers: ["amqp"],
    impossibilities: memoryPagingImpossibilities,
  },
  connections: {
    parameters: connectionsParameters,
    drivers: ["amqp", "kafka"],
    impossibilities: connectionsImpossibilities,
  },
  "http-ingest": {
    parameters: httpIngestParameters,
    drivers: ["http-exchange", "http-topic"],
    impossibilities: httpIngestImpossibilities,
  },
  recovery: {
    parameters: recoveryParameters,
    drivers: ["amqp", "amqplib", "kafka", "kafkajs"],
    impossibilities: recoveryImpossibilities,
  },
  "backlog-drain": {
    parameters: backlogDrainParameters,
    drivers: ["amqp", "amqplib", "kafka", "kafkajs"],
    impossibilities: backlogDrainImpossibilities,
  },
} as const;

export const WORKLOADS = { ...STEADY_WORKLOADS, ...STAGED_WORKLOADS } as const;

export type SteadyWorkload = keyof typeof STEADY_WORKLOADS;
export type StagedWorkload = keyof typeof STAGED_WORKLOADS;
export type Workload = SteadyWorkload | StagedWorkload;
export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as Workload[];

/**
 * The protocol that each driver speaks; `null` stands in for a Kafka client, and over HTTP it is what the messages are read
 * back with.
 */
export const DRIVER_PROTOCOLS = {
  kafka: "kafka",
  kafkajs: "kafka",
  null: "kafka",
  amqp: "amqp",
  amqplib: "amqp",
  "http-exchange": "amqp",
  "http-topic": "kafka",
} as const;

/** Drivers that need a target which also listens for HTTP. */
export const HTTP_DRIVERS: readonly DriverName[] = ["http-exchange", "http-topic"];

export type DriverName = keyof typeof DRIVER_PROTOCOLS;
export type Protocol = (typeof DRIVER_PROTOCOLS)[DriverName];
