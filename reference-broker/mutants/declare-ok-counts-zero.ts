import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "queue.declare-ok tells no counts",
  like: "AMQP 0-9-1 queue.declare-ok",
  apply: () => {
    replaceHandler("queue.declare", (original) => async (channel, fields) => {
      const { send } = channel;
      channel.send = (name, values) =>
        send.call(channel, name, { ...values, messageCount: 0, consumerCount: 0 });
      await original(channel, fields);
      channel.send = send;
    });
  },
};
