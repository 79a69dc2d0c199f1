import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "channel.close commits the acknowledgements of an open transaction",
  like: "RabbitMQ requeueOnClose",
  apply: () => {
    replaceHandler("channel.close", (original) => (channel, fields) => {
      if (channel.transaction !== null) {
        channel.commitSettlements(channel.transaction);
        channel.transaction.clear();
      }
      return original(channel, fields);
    });
  },
};
