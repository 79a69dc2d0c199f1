import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.ack settles one message though it says multiple",
  like: "RabbitMQ docs confirms: multiple",
  apply: () => {
    alterFields("basic.ack", () => ({ multiple: false }));
  },
};
