import { MessageExpiry } from "../src/engines/queues/queue/expiry.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Expired messages stay until somebody takes from the queue",
  like: "LavinMQ #1606",
  apply: () => {
    replaceMethod(MessageExpiry.prototype, "armHead", () => () => undefined);
  },
};
