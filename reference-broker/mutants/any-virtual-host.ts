import { FileIdentity } from "../src/engines/identity/file-identity.ts";
import { FileQueueEngine } from "../src/engines/queues/file-queue-engine.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A virtual host that does not exist is taken for /",
  like: "AMQP 0-9-1 rule connection.open.virtual-host#separation",
  apply: () => {
    replaceMethod(FileIdentity.prototype, "mayOpen", () => () => true);
    replaceMethod(
      FileQueueEngine.prototype,
      "virtualHost",
      (original) =>
        function (this: FileQueueEngine, name) {
          return original.call(this, name) ?? original.call(this, "/");
        },
    );
  },
};
