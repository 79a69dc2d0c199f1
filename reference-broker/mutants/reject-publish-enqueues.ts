import { Overflow } from "../src/engines/queues/queue/overflow.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A full queue with reject-publish goes on taking messages",
  like: "RabbitMQ confirms_rejects_SUITE",
  apply: () => {
    replaceMethod(Overflow.prototype, "wouldExceed", () => () => false);
  },
};
