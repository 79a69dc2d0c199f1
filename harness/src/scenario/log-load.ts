/** Workload `log-load`: what can be asked of a log broker, and which combinations cannot exist. */
import { z } from "zod";
import { type Impossibility, impossibilities, type phaseFields, refuseImpossiblePacing } from "./phases.ts";
import { quantity } from "./units.ts";

const MIB = 1024 ** 2;
/** Kafka's default `message.max.bytes`: 1 MiB and the 12 bytes of base offset and length. */
export const DEFAULT_MESSAGE_MAX_BYTES = MIB + 12;
/** Record batch header (61) and the widest record framing around a payload of 1 MiB without key and headers. */
export const SINGLE_RECORD_OVERHEAD_BYTES = 61 + 21;

/** Identity, checksum and times of a message; see integrity/message.ts. */
export const LEAST_PAYLOAD_BYTES = 48;

const whole = (min: number, max: number) => z.int().min(min).max(max);

/** Load on a log broker. Sizes are bytes, the rate is messages per second over all producers. */
export const logLoadParameters = z.strictObject({
  producers: whole(1, 1024).describe("Producer connections; producer p writes to partition p % partitions."),
  partitions: whole(1, 1024).describe("Partitions of the topic."),
  payloadBytes: quantity("size", { min: LEAST_PAYLOAD_BYTES, max: MIB }).describe(
    "Payload of one message; its first bytes carry identity and checksum.",
  ),
  payloadKind: z
    .enum(["json", "random"])
    .describe("json: event-like text that lz4 shrinks to about 40 %; random: incompressible bytes."),
  batchBytes: quantity("size", { min: 128, max: DEFAULT_MESSAGE_MAX_BYTES }).describe(
    "Upper bound of an encoded batch on the wire, compressed, as Java's batch.size is applied.",
  ),
  codec: z.enum(["none", "gzip", "snappy", "lz4", "zstd"]).describe("Compression of the record batches."),
  acks: z.literal([0, 1, "all"]).describe("What the broker confirms: nothing, its own append, all replicas."),
  lingerMs: quantity("duration", { min: 0, max: 60_000 }).describe(
    "Open loop: longest wait for a batch to fill. Closed loop sends full batches only.",
  ),
  maxInFlight: whole(1, 1000).describe("Requests without an answer per producer connection."),
  idempotent: z.boolean().describe("Producer id and sequence on every batch (KIP-98)."),
  ratePerSecond: quantity("rate", { min: 1, max: 1_000_000_000 })
    .nullable()
    .describe("Open loop: messages per second over all producers. null or left out in closed loop."),
});

interface Resolved {
  readonly driver: string;
  readonly mode: "open" | "closed";
  readonly parameters: z.output<typeof logLoadParameters>;
  readonly phases: z.output<typeof phaseFields>;
}

/** Every reason why this combination cannot be run or would not measure what it says. Pure. */
export function logLoadImpossibilities(resolved: Resolved): Impossibility[] {
  const { driver, parameters: p, phases } = resolved;
  return impossibilities((refuse) => {
    refuse(
      p.payloadBytes + SINGLE_RECORD_OVERHEAD_BYTES > p.batchBytes,
      "parameters.payloadBytes parameters.batchBytes",
      `a batch of ${p.batchBytes} B cannot hold one record: payload ${p.payloadBytes} B and ${SINGLE_RECORD_OVERHEAD_BYTES} B of framing`,
    );
    refuse(
      p.partitions > p.producers,
      "parameters.partitions parameters.producers",
      `${p.partitions} partitions and ${p.producers} producers leave ${p.partitions - p.producers} partitions without a producer`,
    );
    refuse(
      driver === "kafkajs" && p.codec !== "none" && p.codec !== "gzip",
      "driver parameters.codec",
      `driver kafkajs brings no codec ${p.codec}, only none and gzip`,
    );
    refuse(
      p.idempotent && p.acks !== "all",
      "parameters.idempotent parameters.acks",
      `an idempotent producer needs acks all, not ${p.acks}: without every confirmation a sequence cannot be kept`,
    );
    refuse(
      p.idempotent && p.maxInFlight > 5,
      "parameters.maxInFlight parameters.idempotent",
      `${p.maxInFlight} in flight with an idempotent producer: brokers remember the last 5 batches only (KIP-98)`,
    );
    refuseImpossiblePacing(resolved, "maxInFlight", refuse);
    refuse(
      phases.measure.maxBytes < p.batchBytes * p.producers,
      "phases.measure.maxBytes parameters.batchBytes parameters.producers",
      `${phases.measure.maxBytes} B do not hold one batch of ${p.batchBytes} B from each of ${p.producers} producers`,
    );
  });
}
