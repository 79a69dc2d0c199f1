import type { PrepareLoad } from "../load/protocol.ts";
import { prepareAmqpProducers } from "./amqp/index.ts";
import { prepareAmqplibProducers } from "./amqplib/index.ts";
import type { PreparedProducers } from "./driver.ts";
import { prepareKafkaProducers } from "./kafka/index.ts";
import { prepareKafkajsProducers } from "./kafkajs/index.ts";

/** Connects nothing but what preparation itself asks of the broker. Throws HarnessError. */
export async function prepareProducers(load: PrepareLoad): Promise<PreparedProducers> {
  switch (load.driver) {
    case "kafka":
      return await prepareKafkaProducers(load);
    case "kafkajs":
      return await prepareKafkajsProducers(load);
    case "amqp":
      return await prepareAmqpProducers(load);
    case "amqplib":
      return await prepareAmqplibProducers(load);
    case "http-exchange":
    case "http-topic":
      // autocannon sends by itself and opens no sessions: load-processes/http-publisher.ts.
      throw new Error(`invariant violated: sessions asked of ${load.driver}`);
  }
}
