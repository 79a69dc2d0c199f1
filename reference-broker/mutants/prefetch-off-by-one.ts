import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A consumer holds one message more than its prefetch",
  like: "StrangeQ; AMQP 0-9-1 rule basic.qos.prefetch-count#01",
  apply: () => {
    alterFields("basic.qos", ({ prefetchCount }) => ({
      prefetchCount: prefetchCount === 0 ? 0 : prefetchCount + 1,
    }));
  },
};
