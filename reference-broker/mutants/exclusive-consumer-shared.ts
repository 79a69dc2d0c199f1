import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An exclusive consumer is one among others",
  like: "AMQP 0-9-1 rule basic.consume.exclusive#01",
  apply: () => {
    alterFields("basic.consume", () => ({ exclusive: false }));
  },
};
