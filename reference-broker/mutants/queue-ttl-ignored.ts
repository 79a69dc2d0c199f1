import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "x-message-ttl has no effect",
  like: "RabbitMQ TTLHandling",
  apply: () => {
    alterFields("queue.declare", ({ arguments: table }) => ({ arguments: without(table, "x-message-ttl") }));
  },
};
