import { Router } from "../src/engines/queues/topology/router.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A queue gets a copy for each binding that matches",
  like: "AMQP 0-9-1 rule queue.bind#unique",
  apply: () => {
    replaceMethod(
      Router.prototype,
      "route",
      (original) =>
        function (this: Router, exchange, routingKey, message) {
          const queues = original.call(this, exchange, routingKey, message);
          return exchange.records.size > 1 && exchange.type === "topic" ? [...queues, ...queues] : queues;
        },
    );
  },
};
