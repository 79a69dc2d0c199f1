import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A passive queue.declare makes the queue",
  like: "AMQP 0-9-1 rule queue.declare.passive#not-found",
  apply: () => {
    alterFields("queue.declare", () => ({ passive: false }));
  },
};
