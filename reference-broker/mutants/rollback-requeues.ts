import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "tx.rollback requeues what the channel holds",
  like: "RabbitMQ noRequeueOnRollback",
  apply: () => {
    replaceHandler("tx.rollback", (original) => async (channel, fields) => {
      await original(channel, fields);
      channel.requeueAll();
    });
  },
};
