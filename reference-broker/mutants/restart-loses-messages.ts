import { FileQueueStore } from "../src/engines/queues/store/file-queue-store.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A durable queue is empty after a restart",
  like: "RabbitMQ #5433 (loss on recovery)",
  apply: () => {
    replaceMethod(FileQueueStore.prototype, "recover", () => () => undefined);
  },
};
