import { FileQueueEngine } from "../src/engines/queues/file-queue-engine.ts";
import type { VirtualHost } from "../src/engines/queues/contract.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A publish to an exchange that does not exist is dropped",
  like: "AMQP 0-9-1 rule basic.publish.exchange#must-exist",
  apply: () => {
    const altered = new WeakSet<VirtualHost>();
    replaceMethod(
      FileQueueEngine.prototype,
      "virtualHost",
      (original) =>
        function (this: FileQueueEngine, name) {
          const host = original.call(this, name);
          if (host === undefined || altered.has(host)) return host;
          altered.add(host);
          const { publish } = host;
          host.publish = (message) => {
            try {
              return publish(message);
            } catch {
              return 0;
            }
          };
          return host;
        },
    );
  },
};
