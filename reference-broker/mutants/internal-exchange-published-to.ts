import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An internal exchange takes publishes",
  like: "AMQP 0-9-1 rule basic.publish.exchange#02",
  apply: () => {
    alterFields("exchange.declare", () => ({ internal: false }));
  },
};
