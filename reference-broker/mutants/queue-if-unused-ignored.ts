import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "queue.delete deletes a queue in use",
  like: "AMQP 0-9-1 queue.delete if-unused",
  apply: () => {
    alterFields("queue.delete", () => ({ ifUnused: false }));
  },
};
