import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.qos limits nothing",
  like: "AMQP 0-9-1 rule basic.qos.prefetch-count#01",
  apply: () => {
    alterFields("basic.qos", () => ({ prefetchCount: 0 }));
  },
};
