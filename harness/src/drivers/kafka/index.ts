import type { PrepareLogLoad } from "../../load/protocol.ts";
import { lingeringRecords } from "../../load/schedule.ts";
import { nowUs } from "../../measure/clock.ts";
import type { PreparedProducers } from "../driver.ts";
import { KafkaAdmin } from "./admin.ts";
import { KafkaProduceSession } from "./produce-session.ts";
import { buildTemplates, type TemplatePool } from "./template.ts";

export async function prepareKafkaProducers(load: PrepareLogLoad): Promise<PreparedProducers> {
  const { endpoint, topic, parameters, runId } = load;
  const pool = templatesOf(load);
  const wallOffsetMs = Date.now() - nowUs() / 1e3;
  await using admin = await KafkaAdmin.connect(endpoint);
  const identities = new Map<number, Awaited<ReturnType<KafkaAdmin["initProducerId"]>> | null>();
  for (const producer of load.producers) {
    identities.set(producer, parameters.idempotent ? await admin.initProducerId() : null);
  }
  return {
    batch: pool.shape,
    open: async (producer, events) =>
      await KafkaProduceSession.open(
        {
          endpoint,
          topic,
          partition: producer % parameters.partitions,
          acks: parameters.acks,
          maxInFlight: parameters.maxInFlight,
          pool,
          identity: { runId, producer, idempotence: identities.get(producer) ?? null },
          wallOffsetMs,
        },
        events,
      ),
  };
}

/** The last pool built: a process plays the same load on topic after topic, and building takes a second. */
let built: { readonly key: string; readonly pool: TemplatePool } | null = null;

/** Batches as full as they can be, or in open loop as full as linger lets them become. Equal loads share one pool. */
export function templatesOf({ parameters, seed }: Pick<PrepareLogLoad, "parameters" | "seed">): TemplatePool {
  const key = JSON.stringify([parameters, seed]);
  if (built?.key === key) return built.pool;
  const { ratePerSecond } = parameters;
  const records = ratePerSecond === null ? null : lingeringRecords({ ...parameters, ratePerSecond });
  const pool = buildTemplates(parameters, seed, records);
  built = { key, pool };
  return pool;
}
