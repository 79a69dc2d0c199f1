import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.nack settles one message though it says multiple",
  like: "RabbitMQ basic.nack",
  apply: () => {
    alterFields("basic.nack", () => ({ multiple: false }));
  },
};
