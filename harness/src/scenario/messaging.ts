/**
 * Workloads on topics and queues: `fanout`, `publish-confirm`, `work-queue`. The first two can be asked over either
 * protocol, so their parameters speak of messages; what only one protocol has says so.
 */
import { z } from "zod";
import { DEFAULT_MESSAGE_MAX_BYTES, LEAST_PAYLOAD_BYTES, SINGLE_RECORD_OVERHEAD_BYTES } from "./log-load.ts";
import {
  type Impossibility,
  impossibilities,
  type phaseFields,
  type Refuse,
  refuseImpossiblePacing,
} from "./phases.ts";
import { quantity } from "./units.ts";

const whole = (min: number, max: number) => z.int().min(min).max(max);

/** A body of this size still fits one frame of RabbitMQ's default `frame_max` of 128 KiB. */
const MOST_PAYLOAD_BYTES = 64 * 1024;

/** A publisher's window lies in memory, message by message. */
const MOST_WINDOW_BYTES = 256 * 1024 ** 2;

export const messageFields = {
  payloadBytes: quantity("size", { min: LEAST_PAYLOAD_BYTES, max: MOST_PAYLOAD_BYTES }).describe(
    "Payload of one message; its first bytes carry identity and checksum.",
  ),
  payloadKind: z.enum(["json", "random"]).describe("json: event-like text; random: incompressible bytes."),
  persistent: z
    .boolean()
    .describe("AMQP: delivery-mode 2; queues are durable either way. Kafka has nothing else."),
  confirmWindow: whole(1, 100_000).describe("Messages without a confirmation per publisher connection."),
  ratePerSecond: quantity("rate", { min: 1, max: 1_000_000_000 })
    .nullable()
    .describe("Open loop: messages per second over all publishers. null or left out in closed loop."),
};

export const batchFields = {
  batchBytes: quantity("size", { min: 128, max: DEFAULT_MESSAGE_MAX_BYTES }).describe(
    "Kafka: upper bound of a record batch, also held to the confirm window. AMQP sends each message by itself.",
  ),
  lingerMs: quantity("duration", { min: 0, max: 60_000 }).describe(
    "Kafka, open loop: longest wait for a batch to fill.",
  ),
};

/** Names as `x-overflow` has them; `none`: there is no slow subscriber. The last three are not RabbitMQ's. */
export const OVERFLOW_POLICIES = [
  "none",
  "drop-head",
  "reject-publish",
  "drop-new",
  "disconnect-consumer",
  "block-publisher",
] as const;

export const fanoutParameters = z.strictObject({
  subscribers: whole(1, 1024).describe(
    "Each gets every message: on a queue of its own, or as a consumer of its own.",
  ),
  topics: whole(1, 1000).describe(
    "The publisher takes them in turn. AMQP: routing keys of a direct exchange; Kafka: partitions.",
  ),
  ...messageFields,
  ...batchFields,
  slowPolicy: z
    .enum(OVERFLOW_POLICIES)
    .describe("x-overflow of the last subscriber's queue, which then reads slowly; none: all read freely."),
  maxLength: whole(1, 10_000_000).describe("x-max-length of the slow subscriber's queue, in messages."),
  slowPauseMs: quantity("duration", { min: 0, max: 600_000 }).describe(
    "The slow subscriber reads nothing for this long, then for a tenth of it, and so on; 0: nothing until the end.",
  ),
});

export const publishConfirmParameters = z.strictObject({
  publishers: whole(1, 1024).describe("Publisher connections; publisher p writes to queue p % queues."),
  queues: whole(1, 1024).describe("Durable queues; Kafka: partitions."),
  ...messageFields,
  ...batchFields,
});

export const workQueueParameters = z.strictObject({
  publishers: whole(1, 1024).describe("Publisher connections; publisher p writes to queue p % queues."),
  queues: whole(1, 1024).describe("Durable queues."),
  consumers: whole(1, 1024).describe("Competing consumers of each queue, each on a connection of its own."),
  prefetch: whole(1, 65_535).describe("Unacknowledged messages per consumer."),
  ackEvery: whole(1, 65_535).describe(
    "1: an ack for each message; n: one ack for n messages (multiple), and for what is left when it is quiet.",
  ),
  ...messageFields,
});

interface Resolved<Parameters> {
  readonly driver: string;
  readonly mode: "open" | "closed";
  readonly parameters: Parameters;
  readonly phases: z.output<typeof phaseFields>;
}

type Fanout = z.output<typeof fanoutParameters>;
type PublishConfirm = z.output<typeof publishConfirmParameters>;
type WorkQueue = z.output<typeof workQueueParameters>;

const overKafka = (driver: string) => driver === "kafka" || driver === "kafkajs";

export function fanoutImpossibilities(resolved: Resolved<Fanout>): Impossibility[] {
  const { driver, parameters: p } = resolved;
  return impossibilities((refuse) => {
    refuse(
      overKafka(driver) && p.slowPolicy !== "none",
      "parameters.slowPolicy driver",
      "a slow consumer of a log falls behind and nothing overflows: there is no policy to test over Kafka",
    );
    refuseUnlikeKafka(resolved, refuse);
    refuseImpossiblePacing(resolved, "confirmWindow", refuse);
    refuseHugeWindow(resolved.parameters, refuse);
    refuse(
      p.slowPolicy !== "none" && p.subscribers < 2,
      "parameters.slowPolicy parameters.subscribers",
      "a slow subscriber needs others beside it, whose response times are what is asked",
    );
  });
}

export function publishConfirmImpossibilities(resolved: Resolved<PublishConfirm>): Impossibility[] {
  return impossibilities((refuse) => {
    refuseUnlikeKafka(resolved, refuse);
    refuseImpossiblePacing(resolved, "confirmWindow", refuse);
    refuseHugeWindow(resolved.parameters, refuse);
    refuseIdleQueues(resolved.parameters, refuse);
  });
}

export function workQueueImpossibilities(resolved: Resolved<WorkQueue>): Impossibility[] {
  const { driver, parameters: p } = resolved;
  return impossibilities((refuse) => {
    refuse(overKafka(driver), "driver", "a work queue needs queues, which the Kafka protocol has not");
    refuseImpossiblePacing(resolved, "confirmWindow", refuse);
    refuseHugeWindow(resolved.parameters, refuse);
    refuseIdleQueues(p, refuse);
    refuse(
      p.ackEvery > p.prefetch,
      "parameters.ackEvery parameters.prefetch",
      `an ack for every ${p.ackEvery} messages never comes when ${p.prefetch} at most are outstanding`,
    );
  });
}

interface OverEither {
  readonly driver: string;
  readonly parameters: Pick<PublishConfirm, "persistent" | "payloadBytes" | "batchBytes">;
}

export function refuseUnlikeKafka({ driver, parameters: p }: OverEither, refuse: Refuse): void {
  if (!overKafka(driver)) return;
  refuse(!p.persistent, "parameters.persistent driver", "the Kafka protocol has no transient messages");
  refuse(
    p.payloadBytes + SINGLE_RECORD_OVERHEAD_BYTES > p.batchBytes,
    "parameters.payloadBytes parameters.batchBytes",
    `a batch of ${p.batchBytes} B cannot hold one record: payload ${p.payloadBytes} B and ${SINGLE_RECORD_OVERHEAD_BYTES} B of framing`,
  );
}

export function refuseHugeWindow(
  p: { readonly confirmWindow: number; readonly payloadBytes: number },
  refuse: Refuse,
): void {
  refuse(
    p.confirmWindow * p.payloadBytes > MOST_WINDOW_BYTES,
    "parameters.confirmWindow parameters.payloadBytes",
    `a window of ${p.confirmWindow} messages of ${p.payloadBytes} B is held in memory; ${MOST_WINDOW_BYTES} B is the most`,
  );
}

function refuseIdleQueues(p: { readonly queues: number; readonly publishers: number }, refuse: Refuse): void {
  refuse(
    p.queues > p.publishers,
    "parameters.queues parameters.publishers",
    `${p.queues} queues and ${p.publishers} publishers leave ${p.queues - p.publishers} queues without a publisher`,
  );
}
