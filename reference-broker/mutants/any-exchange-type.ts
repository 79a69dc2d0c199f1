import { type Mutant, alterFields } from "./mutant.ts";

const KNOWN = ["direct", "fanout", "topic", "headers"];

export const mutant: Mutant = {
  fault: "An exchange of an unknown type is made a direct one",
  like: "AMQP 0-9-1 rule exchange.declare.type#support",
  apply: () => {
    alterFields("exchange.declare", ({ type }) => ({ type: KNOWN.includes(type) ? type : "direct" }));
  },
};
