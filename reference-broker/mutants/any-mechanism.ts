import { Handshake } from "../src/protocols/amqp/handshake.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An unknown mechanism is taken for PLAIN",
  like: "AMQP 0-9-1 rule start-ok.mechanism#validity",
  apply: () => {
    replaceMethod(
      Handshake.prototype,
      "startOk",
      (original) =>
        function (this: Handshake, fields) {
          return original.call(this, { ...fields, mechanism: "PLAIN" });
        },
    );
  },
};
