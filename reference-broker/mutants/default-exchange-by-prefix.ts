import { QueueRegistry } from "../src/engines/queues/topology/queue-registry.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "The default exchange finds a queue whose name lacks the key's last letter",
  like: "AMQP 0-9-1 rule queue.declare#default-binding",
  apply: () => {
    replaceMethod(
      QueueRegistry.prototype,
      "defaultRoute",
      (original) =>
        function (this: QueueRegistry, routingKey) {
          const route = original.call(this, routingKey);
          return route.length > 0 ? route : original.call(this, routingKey.slice(0, -1));
        },
    );
  },
};
