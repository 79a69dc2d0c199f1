import { DeadLetters } from "../src/engines/queues/dead-letters.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Each dead letter is routed twice",
  like: "RabbitMQ e3cf90a (two dead-letter workers)",
  apply: () => {
    replaceMethod(
      DeadLetters.prototype,
      "add",
      (original) =>
        function (this: DeadLetters, routing, queue, message, reason, position) {
          original.call(this, routing, queue, message, reason, -1);
          original.call(this, routing, queue, message, reason, position);
        },
    );
  },
};
