import { ClassicQueue } from "../src/engines/queues/queue/classic-queue.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "queue.purge-ok counts unacknowledged messages too",
  like: "AMQP 0-9-1 rule queue.purge#02",
  apply: () => {
    replaceMethod(
      ClassicQueue.prototype,
      "purge",
      (original) =>
        function (this: ClassicQueue) {
          return original.call(this) + this.unacknowledgedCount;
        },
    );
  },
};
