import { ClassicQueue } from "../src/engines/queues/queue/classic-queue.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "queue.purge dead-letters what it removes",
  like: "RabbitMQ docs dlx",
  apply: () => {
    replaceMethod(
      ClassicQueue.prototype,
      "purge",
      () =>
        function (this: ClassicQueue) {
          let count = 0;
          for (let taken = this.take(false); taken !== null; taken = this.take(false)) {
            this.reject([taken.position]);
            count++;
          }
          return count;
        },
    );
  },
};
