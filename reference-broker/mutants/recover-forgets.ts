import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.recover answers and requeues nothing",
  like: "RabbitMQ Recover",
  apply: () => {
    replaceHandler("basic.recover", () => (channel) => channel.send("basic.recover-ok", {}));
  },
};
