import { AmqpConnection } from "../src/protocols/amqp/connection.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A client that misses its heartbeats stays",
  like: "AMQP 0-9-1 4.2.7",
  apply: () => {
    replaceMethod(AmqpConnection.prototype, "heartbeatMissed", () => () => undefined);
  },
};
