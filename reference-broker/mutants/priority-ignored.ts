import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "x-max-priority has no effect",
  like: "RabbitMQ priority_queue_SUITE",
  apply: () => {
    alterFields("queue.declare", ({ arguments: table }) => ({ arguments: without(table, "x-max-priority") }));
  },
};
