import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A second confirm.select counts tags from 1 again",
  like: "RabbitMQ Confirm",
  apply: () => {
    replaceHandler("confirm.select", (original) => (channel, fields) => {
      channel.confirms = null;
      return original(channel, fields);
    });
  },
};
