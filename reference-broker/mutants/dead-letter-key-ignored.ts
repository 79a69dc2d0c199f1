import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Dead letters keep their routing key in spite of x-dead-letter-routing-key",
  like: "RabbitMQ dead_lettering_SUITE",
  apply: () => {
    alterFields("queue.declare", ({ arguments: table }) => ({
      arguments: without(table, "x-dead-letter-routing-key"),
    }));
  },
};
