import { BrokerVirtualHost } from "../src/engines/queues/topology/virtual-host.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Binding a queue that does not exist is no error",
  like: "AMQP 0-9-1 queue.bind",
  apply: () => {
    replaceMethod(
      BrokerVirtualHost.prototype,
      "bindQueue",
      (original) =>
        async function (this: BrokerVirtualHost, binding, owner) {
          if (this.queue(binding.destination) !== undefined) await original.call(this, binding, owner);
        },
    );
  },
};
