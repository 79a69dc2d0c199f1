import { DeadLetters } from "../src/engines/queues/dead-letters.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Every dead letter is said to be rejected, so that no cycle is seen",
  like: "RabbitMQ dead_letter_headers; LavinMQ #1723",
  apply: () => {
    replaceMethod(
      DeadLetters.prototype,
      "add",
      (original) =>
        function (this: DeadLetters, routing, queue, message, _reason, position) {
          original.call(this, routing, queue, message, "rejected", position);
        },
    );
  },
};
