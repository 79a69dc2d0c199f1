import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "There is no exchange amq.match",
  like: "AMQP 0-9-1 rule exchange#required-instances",
  apply: () => {
    alterFields("exchange.declare", ({ exchange }) => ({
      exchange: exchange === "amq.match" ? "amq.unmatched" : exchange,
    }));
  },
};
