import { ClassicQueue } from "../src/engines/queues/queue/classic-queue.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A message with a time to live of 0 is never delivered",
  like: "StrangeQ; RabbitMQ zeroTTLDelivery",
  apply: () => {
    replaceMethod(
      ClassicQueue.prototype,
      "enqueue",
      (original) =>
        function (this: ClassicQueue, message) {
          return message.expirationMs === 0 ? 0 : original.call(this, message);
        },
    );
  },
};
