import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A passive exchange.declare makes the exchange",
  like: "AMQP 0-9-1 rule exchange.declare.passive#not-found",
  apply: () => {
    alterFields("exchange.declare", () => ({ passive: false }));
  },
};
