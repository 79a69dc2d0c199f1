import { BrokerVirtualHost } from "../src/engines/queues/topology/virtual-host.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A queue is declared again with other arguments",
  like: "rabbitmq-common #341",
  apply: () => {
    replaceMethod(
      BrokerVirtualHost.prototype,
      "declareQueue",
      (original) =>
        async function (this: BrokerVirtualHost, declaration) {
          return this.queue(declaration.name) ?? (await original.call(this, declaration));
        },
    );
  },
};
