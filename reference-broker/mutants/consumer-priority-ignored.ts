import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "x-priority of a consumer has no effect",
  like: "RabbitMQ ConsumerPriorities",
  apply: () => {
    alterFields("basic.consume", ({ arguments: table }) => ({ arguments: without(table, "x-priority") }));
  },
};
