import { type Mutant, alterFields, without } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A full queue drops its head whatever x-overflow says",
  like: "LavinMQ #1958",
  apply: () => {
    alterFields("queue.declare", ({ arguments: table }) => ({ arguments: without(table, "x-overflow") }));
  },
};
