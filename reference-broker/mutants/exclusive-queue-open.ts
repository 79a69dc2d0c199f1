import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An exclusive queue is open to every connection and outlives its own",
  like: "RabbitMQ QueueExclusivity",
  apply: () => {
    alterFields("queue.declare", () => ({ exclusive: false }));
  },
};
