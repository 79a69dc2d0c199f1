/** What a running AMQP broker tells of itself. */
import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";
import type { Durability } from "../../scenario/plan.ts";
import { AmqpControl } from "./connection.ts";
import type { FieldTable } from "./methods.ts";
import { DURABLE, PROBE_QUEUE_ARGUMENTS, withQueue } from "./probe.ts";

export interface AmqpServer {
  /** `product` and `version` of connection.start's server-properties. */
  readonly product: string | null;
  readonly version: string | null;
  /** All of the server-properties, nested tables with dotted names. */
  readonly properties: Readonly<Record<string, string>>;
  /** RabbitMQ: type of a durable queue that is declared without one; null of other products. */
  readonly defaultQueueType: string | null;
}

const QUEUE_TYPES = ["classic", "quorum"] as const;

/** Throws TARGET_UNREACHABLE. */
export async function readServer(endpoint: Endpoint, signal: AbortSignal): Promise<AmqpServer> {
  using connection = await AmqpControl.open(endpoint, signal);
  const properties = flattened(connection.serverProperties);
  const product = properties.product ?? null;
  return {
    product,
    version: properties.version ?? null,
    properties,
    defaultQueueType: product === "RabbitMQ" ? await readDefaultQueueType(endpoint, signal) : null,
  };
}

/** RabbitMQ refuses to declare a queue again with another type (406), so what it accepts is the type. */
async function readDefaultQueueType(endpoint: Endpoint, signal: AbortSignal): Promise<string | null> {
  for (const type of QUEUE_TYPES) {
    using connection = await AmqpControl.open(endpoint, signal);
    const table = { ...PROBE_QUEUE_ARGUMENTS, "x-queue-type": type };
    try {
      return await withQueue(connection, async (queue) => {
        await connection.call("queueDeclare", { queue, bits: DURABLE, arguments: table }, "queueDeclareOk");
        return type;
      });
    } catch (error) {
      if (!(error instanceof HarnessError) || !error.message.includes("it refuses: 406")) throw error;
    }
  }
  return null;
}

/**
 * Class of a persistent message that was confirmed. RabbitMQ's classic queue index writes before it confirms and syncs
 * only when it stops (rabbit_classic_queue_index_v2:sync/1); a quorum queue's Raft log is synced first (Ra's WAL,
 * fdatasync).
 */
export function queueDurability({ product, version, defaultQueueType }: AmqpServer): {
  readonly class: Durability | null;
  readonly evidence: string;
} {
  const told = `server-properties: ${product ?? "no product"} ${version ?? ""}`.trimEnd();
  if (defaultQueueType === "classic") {
    return {
      class: "os",
      evidence: `${told}; a durable queue is classic unless declared otherwise: written to the page cache before the confirm, not synced`,
    };
  }
  if (defaultQueueType === "quorum") {
    return {
      class: "fsync",
      evidence: `${told}; a durable queue is a quorum queue unless declared otherwise: its Raft log is synced before the confirm`,
    };
  }
  return { class: null, evidence: `${told}; AMQP does not tell when a message is stored` };
}

function flattened(table: FieldTable, prefix = ""): Record<string, string> {
  const pairs = Object.entries(table).flatMap(([key, value]): [string, string][] => {
    const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
    if (isTable) return Object.entries(flattened(value as FieldTable, `${prefix}${key}.`));
    return [[`${prefix}${key}`, Array.isArray(value) ? JSON.stringify(value) : String(value)]];
  });
  return Object.fromEntries(pairs);
}
