import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "exchange.delete deletes an exchange in use",
  like: "AMQP 0-9-1 rule exchange.delete.if-unused#in-use",
  apply: () => {
    alterFields("exchange.delete", () => ({ ifUnused: false }));
  },
};
