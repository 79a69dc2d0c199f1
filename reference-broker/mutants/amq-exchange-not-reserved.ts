import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A new exchange may have a name that begins with amq.",
  like: "AMQP 0-9-1 rule exchange.declare.exchange#reserved",
  apply: () => {
    alterFields("exchange.declare", ({ exchange, passive }) => ({
      exchange: passive ? exchange : exchange.replace(/^amq\./, ""),
    }));
  },
};
