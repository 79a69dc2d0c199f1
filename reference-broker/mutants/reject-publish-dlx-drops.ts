import { DeadLetters } from "../src/engines/queues/queue/dead-letters.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "reject-publish-dlx dead-letters nothing",
  like: "RabbitMQ queue_length_limits",
  apply: () => {
    replaceMethod(DeadLetters.prototype, "refuse", () => () => undefined);
  },
};
