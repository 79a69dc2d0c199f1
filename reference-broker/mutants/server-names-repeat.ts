import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Queues without a name all get the same one",
  like: "AMQP 0-9-1 rule queue.declare.queue#default-name",
  apply: () => {
    alterFields("queue.declare", ({ queue }) => ({ queue: queue === "" ? "generated" : queue }));
  },
};
