import { QueueSegment } from "../src/engines/queues/store/queue-segment.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Acknowledged messages come back after a restart",
  like: "LavinMQ #1866",
  apply: () => {
    replaceMethod(QueueSegment.prototype, "writeAcks", () => () => undefined);
  },
};
