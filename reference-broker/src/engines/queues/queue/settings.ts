import type { FieldTable } from "../../../mechanisms/message.ts";
import { findArgument, integerArgument, stringArgument } from "./arguments.ts";

/** What happens to a message beyond a length limit; see limits.ts. */
export type OverflowPolicy =
  | "drop-head"
  | "reject-publish"
  | "reject-publish-dlx"
  | "drop-new"
  | "disconnect-consumer"
  | "block-publisher";

/** The arguments of a queue as it uses them. Times in milliseconds; Infinity: no limit. */
export interface QueueSettings {
  readonly messageTtlMs: number;
  readonly expiresMs: number;
  /** null: messages that die are gone. */
  readonly deadLetterExchange: string | null;
  readonly deadLetterRoutingKey: string | null;
  readonly maxLength: number;
  readonly maxLengthBytes: number;
  readonly overflow: OverflowPolicy;
  /** Priorities 0 to this are told apart. */
  readonly maxPriority: number;
  readonly singleActiveConsumer: boolean;
  readonly expiry: "head" | "exact";
}

/** For queues that do not say otherwise. */
export interface QueueDefaults extends Pick<QueueSettings, "maxLength" | "overflow" | "messageTtlMs"> {
  /** Messages a queue delivers before other queues have their turn. */
  readonly maxBatch: number;
}

/** As RabbitMQ has it. */
export const QUEUE_DEFAULTS: QueueDefaults = {
  maxLength: Number.POSITIVE_INFINITY,
  overflow: "drop-head",
  messageTtlMs: Number.POSITIVE_INFINITY,
  maxBatch: 512,
};

/** `table`: checked by checkQueueArguments. */
export function readQueueSettings(
  table: FieldTable,
  defaults: QueueDefaults = QUEUE_DEFAULTS,
): QueueSettings {
  const limit = (name: string): number => integerArgument(table, name) ?? Number.POSITIVE_INFINITY;
  return {
    messageTtlMs: integerArgument(table, "x-message-ttl") ?? defaults.messageTtlMs,
    expiresMs: limit("x-expires"),
    deadLetterExchange: stringArgument(table, "x-dead-letter-exchange") ?? null,
    deadLetterRoutingKey: stringArgument(table, "x-dead-letter-routing-key") ?? null,
    maxLength: integerArgument(table, "x-max-length") ?? defaults.maxLength,
    maxLengthBytes: limit("x-max-length-bytes"),
    overflow: (stringArgument(table, "x-overflow") as OverflowPolicy | undefined) ?? defaults.overflow,
    maxPriority: integerArgument(table, "x-max-priority") ?? 0,
    singleActiveConsumer: findArgument(table, "x-single-active-consumer")?.value === true,
    expiry: (stringArgument(table, "x-expiry-mode") ?? "head") as "head" | "exact",
  };
}
