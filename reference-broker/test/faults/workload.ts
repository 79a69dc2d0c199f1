/** One engine under load, as a fault sees it: publishers that note each answer, and a judge that reads all there is. */
import type { BrokerProcess } from "../support/broker-process.ts";
import { LogWorkload } from "./log-workload.ts";
import { QueueWorkload } from "./queue-workload.ts";
import type { Draws, EngineName } from "./rounds.ts";

export interface Workload {
  /** Publishes that were confirmed, or refused with the right error. */
  readonly confirmed: number;
  readonly refused: number;
  /** Begins to publish, once in each life of the broker. Topics and queues are made when they are missing. */
  begin(broker: BrokerProcess): Promise<void>;
  /** From here to the end of this life acknowledgements of deliveries may not be stored. */
  faultBegins(): void;
  /** Every publish is answered, then publishers go. */
  end(): Promise<void>;
  /** The broker was killed: resolves when clients have seen it. */
  ended(): Promise<void>;
  /** Rejects when what was stored cannot be read, or when no client can come. */
  read(broker: BrokerProcess): Promise<void>;
  /** What a change of topics or queues is answered while the disk refuses: null when it was made. */
  change(broker: BrokerProcess, name: string): Promise<Refusal | null>;
  /** Of the body with this number; undefined: there is none. */
  bodyBytes(number: number): number | undefined;
  /** After `end` or `ended`: reads everything to its end. `mayLose`: what is missing is not waited for. */
  judge(broker: BrokerProcess, mayLose: boolean): Promise<Judgement>;
}

export interface Refusal {
  /** Kafka's or AMQP's. */
  readonly code: number;
  readonly text: string;
}

export interface Judgement {
  /** Numbers of confirmed messages that are gone. */
  readonly lost: readonly number[];
  readonly anomalies: Readonly<Record<string, number>>;
  /** Reads that were answered with an error or with bytes that their CRC does not match. */
  readonly damagedReads: number;
  readonly summary: string;
  readonly findings: readonly string[];
}

/** Refusals of changes while the disk refuses: KAFKA_STORAGE_ERROR and INTERNAL_ERROR. */
export const STORAGE_REFUSAL: Readonly<Record<EngineName, number>> = { log: 56, queues: 541 };

export function makeWorkload(engine: EngineName, draws: Draws): Workload {
  return engine === "log" ? new LogWorkload(draws) : new QueueWorkload(draws);
}
