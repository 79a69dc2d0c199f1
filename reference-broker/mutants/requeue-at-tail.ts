import { QueueMessages } from "../src/engines/queues/queue/messages.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A requeued message goes to the tail",
  like: "RabbitMQ docs confirms#consumer-nacks-requeue",
  apply: () => {
    replaceMethod(
      QueueMessages.prototype,
      "requeue",
      () =>
        function (this: QueueMessages, position) {
          const message = this.kill(position)!;
          this.bury(position);
          return this.append(message, Number.POSITIVE_INFINITY) < 0 ? 0 : Number.POSITIVE_INFINITY;
        },
    );
  },
};
