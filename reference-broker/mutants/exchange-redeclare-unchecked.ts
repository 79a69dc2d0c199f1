import { BrokerVirtualHost } from "../src/engines/queues/topology/virtual-host.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An exchange is declared again as something else",
  like: "RabbitMQ ExchangeDeclare",
  apply: () => {
    replaceMethod(
      BrokerVirtualHost.prototype,
      "declareExchange",
      (original) =>
        async function (this: BrokerVirtualHost, declaration) {
          if (!this.topology.exchanges.has(declaration.name)) await original.call(this, declaration);
        },
    );
  },
};
