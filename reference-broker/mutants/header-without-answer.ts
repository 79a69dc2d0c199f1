import { AmqpConnection } from "../src/protocols/amqp/connection.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

const HEADER = Buffer.from([65, 77, 81, 80, 0, 0, 9, 1]);

export const mutant: Mutant = {
  fault: "A wrong protocol header is answered with a closed connection alone",
  like: "AMQP 0-9-1 rule connection.start#protocol-name",
  apply: () => {
    const greeted = new WeakSet<AmqpConnection>();
    replaceMethod(
      AmqpConnection.prototype,
      "receive",
      (original) =>
        function (this: AmqpConnection, chunk) {
          const isFirst = !greeted.has(this);
          greeted.add(this);
          if (isFirst && !chunk.subarray(0, 8).equals(HEADER)) this.stop();
          else original.call(this, chunk);
        },
    );
  },
};
