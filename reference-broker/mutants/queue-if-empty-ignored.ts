import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "queue.delete deletes a queue that holds messages",
  like: "AMQP 0-9-1 queue.delete if-empty",
  apply: () => {
    alterFields("queue.delete", () => ({ ifEmpty: false }));
  },
};
