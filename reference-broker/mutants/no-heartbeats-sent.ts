import { AmqpConnection } from "../src/protocols/amqp/connection.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "The server sends no heartbeats",
  like: "AMQP 0-9-1 4.2.7",
  apply: () => {
    replaceMethod(AmqpConnection.prototype, "sendHeartbeat", () => () => undefined);
  },
};
