import { BrokerVirtualHost } from "../src/engines/queues/topology/virtual-host.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "queue.unbind removes every binding between exchange and queue",
  like: "RabbitMQ BindingLifecycle",
  apply: () => {
    replaceMethod(
      BrokerVirtualHost.prototype,
      "unbindQueue",
      (original) =>
        async function (this: BrokerVirtualHost, binding, owner) {
          await original.call(this, binding, owner);
          const queue = this.queue(binding.destination);
          const records = [...(this.topology.exchanges.get(binding.source)?.records.values() ?? [])];
          for (const record of records) if (record.destination === queue) this.topology.unbind(record);
        },
    );
  },
};
