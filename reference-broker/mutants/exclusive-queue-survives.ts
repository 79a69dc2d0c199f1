import { BrokerVirtualHost } from "../src/engines/queues/topology/virtual-host.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Exclusive queues outlive their connection",
  like: "RabbitMQ exclusiveGoesWithConnection",
  apply: () => {
    replaceMethod(BrokerVirtualHost.prototype, "releaseOwner", () => () => undefined);
  },
};
