import { DeadLetters } from "../src/engines/queues/dead-letters.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Dead letters vanish",
  like: "RabbitMQ #18",
  apply: () => {
    replaceMethod(DeadLetters.prototype, "add", () => (_routing, queue, _message, _reason, position) => {
      if (position >= 0) queue.deadLettered(position);
    });
  },
};
