import { Consumers } from "../src/engines/queues/queue/consumers.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Equal consumers do not take turns",
  like: "LavinMQ consumer_spec",
  apply: () => {
    replaceMethod(Consumers.prototype, "pass", () => () => undefined);
  },
};
