/** Every workload: its parameters, the drivers that can carry it, and what cannot be asked of it. */
import { logLoadImpossibilities, logLoadParameters } from "./log-load.ts";
import {
  fanoutImpossibilities,
  fanoutParameters,
  publishConfirmImpossibilities,
  publishConfirmParameters,
  workQueueImpossibilities,
  workQueueParameters,
} from "./messaging.ts";

export const WORKLOADS = {
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

export type Workload = keyof typeof WORKLOADS;
export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as Workload[];

/** The protocol that each driver speaks; `null` stands in for a Kafka client. */
export const DRIVER_PROTOCOLS = {
  kafka: "kafka",
  kafkajs: "kafka",
  null: "kafka",
  amqp: "amqp",
  amqplib: "amqp",
} as const;

export type DriverName = keyof typeof DRIVER_PROTOCOLS;
export type Protocol = (typeof DRIVER_PROTOCOLS)[DriverName];
