import { FileQueueEngine } from "../src/engines/queues/file-queue-engine.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Every virtual host is the same one",
  like: "AMQP 0-9-1 rule connection.open.virtual-host#separation",
  apply: () => {
    replaceMethod(
      FileQueueEngine.prototype,
      "virtualHost",
      (original) =>
        function (this: FileQueueEngine, name) {
          return original.call(this, name) === undefined ? undefined : original.call(this, "/");
        },
    );
  },
};
