import { BrokerVirtualHost } from "../src/engines/queues/topology/virtual-host.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Bindings between exchanges are answered and not made",
  like: "RabbitMQ ExchangeExchangeBindings",
  apply: () => {
    replaceMethod(BrokerVirtualHost.prototype, "bindExchange", () => async () => undefined);
  },
};
