import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Binding to the default exchange is answered",
  like: "RabbitMQ errata 14",
  apply: () => {
    for (const [name, reply] of [
      ["queue.bind", "queue.bind-ok"],
      ["queue.unbind", "queue.unbind-ok"],
    ] as const) {
      replaceHandler(name, (original) => (channel, fields) => {
        if (fields.exchange !== "") return original(channel, fields);
        return channel.send(reply, {});
      });
    }
  },
};
