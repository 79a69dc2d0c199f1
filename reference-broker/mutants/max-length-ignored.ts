import { Overflow } from "../src/engines/queues/queue/overflow.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A queue grows beyond x-max-length",
  like: "RabbitMQ queue_length_limits",
  apply: () => {
    replaceMethod(Overflow.prototype, "dropExcess", () => () => false);
  },
};
