import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Purging a queue that does not exist is answered",
  like: "RabbitMQ: 404",
  apply: () => {
    replaceHandler("queue.purge", (original) => async (channel, fields) => {
      try {
        await original(channel, fields);
      } catch {
        channel.send("queue.purge-ok", { messageCount: 0 });
      }
    });
  },
};
