import { ClassicQueue } from "../src/engines/queues/queue/classic-queue.ts";
import { PUBLISHED } from "../src/engines/queues/contract.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A refused publish is acked",
  like: "LavinMQ #1958",
  apply: () => {
    replaceMethod(
      ClassicQueue.prototype,
      "enqueue",
      (original) =>
        function (this: ClassicQueue, message) {
          return original.call(this, message) & ~PUBLISHED.refused;
        },
    );
  },
};
