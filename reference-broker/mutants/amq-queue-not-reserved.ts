import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A new queue may have a name that begins with amq.",
  like: "AMQP 0-9-1 rule queue.declare.queue#reserved",
  apply: () => {
    alterFields("queue.declare", ({ queue, passive }) => ({
      queue: passive ? queue : queue.replace(/^amq\./, ""),
    }));
  },
};
