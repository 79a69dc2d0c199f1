import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A consumer tag in use is taken again",
  like: "AMQP 0-9-1 rule basic.consume.consumer-tag#01",
  apply: () => {
    replaceHandler("basic.consume", (original) => (channel, fields) => {
      channel.consumers.delete(fields.consumerTag);
      return original(channel, fields);
    });
  },
};
