import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A transactional channel becomes a confirming one",
  like: "RabbitMQ: 406",
  apply: () => {
    replaceHandler("confirm.select", (original) => (channel, fields) => {
      channel.transaction = null;
      return original(channel, fields);
    });
  },
};
