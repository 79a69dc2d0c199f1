import { FanoutBindings } from "../src/engines/queues/topology/fanout-bindings.ts";
import type { Destination } from "../src/engines/queues/topology/exchange.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A fanout exchange looks at the routing key",
  like: "AMQP 0-9-1 3.1.3.2",
  apply: () => {
    const keysOf = new WeakMap<Destination, string>();
    replaceMethod(
      FanoutBindings.prototype,
      "add",
      (original) =>
        function (this: FanoutBindings, record) {
          keysOf.set(record.destination, record.routingKey);
          original.call(this, record);
        },
    );
    replaceMethod(
      FanoutBindings.prototype,
      "collect",
      (original) =>
        function (this: FanoutBindings, keys, message, found) {
          const all: Destination[] = [];
          original.call(this, keys, message, all);
          found.push(...all.filter((destination) => keys.includes(keysOf.get(destination) ?? "")));
        },
    );
  },
};
