import { MessageExpiry } from "../src/engines/queues/queue/expiry.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "The expiration property has no effect",
  like: "RabbitMQ PerMessageTTL",
  apply: () => {
    replaceMethod(
      MessageExpiry.prototype,
      "deadlineOf",
      (original) =>
        function (this: MessageExpiry, message) {
          return original.call(this, Object.create(message, { expirationMs: { value: -1 } }));
        },
    );
  },
};
