import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "x-expires has no effect",
  like: "RabbitMQ QueueLease",
  apply: () => {
    alterFields("queue.declare", ({ arguments: table }) => ({ arguments: without(table, "x-expires") }));
  },
};
