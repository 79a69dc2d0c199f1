import { FileQueueStore } from "../src/engines/queues/store/file-queue-store.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A publish is confirmed though nothing is written",
  like: "LavinMQ #1891; NATS 2.12.1",
  apply: () => {
    replaceMethod(FileQueueStore.prototype, "flush", () => () => undefined);
  },
};
