import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.cancel requeues what the consumer holds",
  like: "RabbitMQ NoRequeueOnCancel",
  apply: () => {
    replaceHandler("basic.cancel", (original) => async (channel, fields) => {
      await original(channel, fields);
      channel.requeueAll();
    });
  },
};
