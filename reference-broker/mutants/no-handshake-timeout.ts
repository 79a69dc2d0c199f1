import { AmqpConnection } from "../src/protocols/amqp/connection.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A connection that says nothing stays",
  like: "RabbitMQ handshake_timeout",
  apply: () => {
    replaceMethod(AmqpConnection.prototype, "deadlinePassed", () => () => undefined);
  },
};
