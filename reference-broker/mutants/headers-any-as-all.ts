import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "x-match any asks for all headers",
  like: "RabbitMQ HeadersExchangeValidation",
  apply: () => {
    alterFields("queue.bind", ({ arguments: table }) => ({ arguments: without(table, "x-match") }));
  },
};
