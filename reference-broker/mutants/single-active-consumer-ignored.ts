import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A queue with a single active consumer serves all",
  like: "RabbitMQ single_active_consumer_SUITE",
  apply: () => {
    alterFields("queue.declare", ({ arguments: table }) => ({
      arguments: without(table, "x-single-active-consumer"),
    }));
  },
};
