import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A global prefetch counts for each consumer by itself",
  like: "LavinMQ #2198",
  apply: () => {
    alterFields("basic.qos", () => ({ global: false }));
  },
};
