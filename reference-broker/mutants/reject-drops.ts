import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.reject drops what it is asked to requeue",
  like: "AMQP 0-9-1 basic.reject requeue",
  apply: () => {
    alterFields("basic.reject", () => ({ requeue: false }));
  },
};
