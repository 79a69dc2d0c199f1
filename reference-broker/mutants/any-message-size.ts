import { AmqpConnection } from "../src/protocols/amqp/connection.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Messages of any size are taken",
  like: "RabbitMQ message_size_limit_SUITE",
  apply: () => {
    replaceMethod(
      AmqpConnection.prototype,
      "receive",
      (original) =>
        function (this: AmqpConnection, chunk) {
          Object.assign(this.environment, { maxMessageBytes: Number.MAX_SAFE_INTEGER });
          original.call(this, chunk);
        },
    );
  },
};
