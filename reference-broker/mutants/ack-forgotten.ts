import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "One acknowledgement in five has no effect",
  like: "RabbitMQ docs confirms",
  apply: () => {
    let acknowledgements = 0;
    replaceHandler("basic.ack", (original) => (channel, fields) => {
      if (++acknowledgements % 5 !== 0) return original(channel, fields);
      return undefined;
    });
  },
};
