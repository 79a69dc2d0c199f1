import { Channel } from "../src/protocols/amqp/channel.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Consumers of a deleted queue hear nothing",
  like: "RabbitMQ ConsumerNotifications",
  apply: () => {
    replaceMethod(
      Channel.prototype,
      "consumerCancelled",
      () =>
        function (this: Channel, consumer) {
          this.consumers.delete(consumer.consumerTag);
        },
    );
  },
};
