import type { PrepareLoad } from "../load/protocol.ts";
import type { PreparedProducers } from "./driver.ts";
import { prepareKafkaProducers } from "./kafka/index.ts";
import { prepareKafkajsProducers } from "./kafkajs/index.ts";

const DRIVERS: Readonly<Record<PrepareLoad["driver"], (load: PrepareLoad) => Promise<PreparedProducers>>> = {
  kafka: prepareKafkaProducers,
  kafkajs: prepareKafkajsProducers,
};

/** Connects nothing but what preparation itself asks of the broker. Throws HarnessError. */
export async function prepareProducers(load: PrepareLoad): Promise<PreparedProducers> {
  return await DRIVERS[load.driver](load);
}
