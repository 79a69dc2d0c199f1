import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "What an exchange cannot route is dropped in spite of its alternate exchange",
  like: "RabbitMQ AlternateExchange",
  apply: () => {
    alterFields("exchange.declare", ({ arguments: table }) => ({
      arguments: without(table, "alternate-exchange"),
    }));
  },
};
