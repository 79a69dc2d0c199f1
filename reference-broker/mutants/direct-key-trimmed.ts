import { DirectBindings } from "../src/engines/queues/topology/direct-bindings.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A direct exchange trims the routing key",
  like: "AMQP 0-9-1 3.1.3.1",
  apply: () => {
    replaceMethod(
      DirectBindings.prototype,
      "collect",
      (original) =>
        function (this: DirectBindings, keys, message, found) {
          original.call(this, [...new Set(keys.map((key) => key.trim()))], message, found);
        },
    );
  },
};
