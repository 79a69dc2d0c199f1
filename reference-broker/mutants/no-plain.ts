import { Handshake } from "../src/protocols/amqp/handshake.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "PLAIN is not offered",
  like: "AMQP 0-9-1 connection.start mechanisms",
  apply: () => {
    replaceMethod(
      Handshake.prototype,
      "start",
      (original) =>
        function (this: Handshake) {
          return { ...original.call(this), mechanisms: Buffer.from("AMQPLAIN") };
        },
    );
  },
};
