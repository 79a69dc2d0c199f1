import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An auto-delete exchange outlives its bindings",
  like: "RabbitMQ UnbindAutoDeleteExchange",
  apply: () => {
    alterFields("exchange.declare", () => ({ autoDelete: false }));
  },
};
