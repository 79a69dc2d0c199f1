import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An auto-delete queue outlives its consumers",
  like: "RabbitMQ errata 5",
  apply: () => {
    alterFields("queue.declare", () => ({ autoDelete: false }));
  },
};
