import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "x-max-length-bytes has no effect",
  like: "RabbitMQ QueueSizeLimit",
  apply: () => {
    alterFields("queue.declare", ({ arguments: table }) => ({
      arguments: without(table, "x-max-length-bytes"),
    }));
  },
};
