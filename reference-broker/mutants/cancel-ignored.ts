import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.cancel is answered and deliveries go on",
  like: "AMQP 0-9-1 basic.cancel",
  apply: () => {
    replaceHandler("basic.cancel", () => (channel, { consumerTag }) => {
      channel.send("basic.cancel-ok", { consumerTag });
    });
  },
};
