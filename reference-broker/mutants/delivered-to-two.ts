import { Channel } from "../src/protocols/amqp/channel.ts";
import type { Consumer } from "../src/protocols/amqp/consumer.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A message goes to another consumer too",
  like: "Jepsen RabbitMQ (2014): a mutex held by two",
  apply: () => {
    let other: { channel: Channel; consumer: Consumer } | null = null;
    replaceMethod(
      Channel.prototype,
      "deliver",
      (original) =>
        function (this: Channel, consumer, message, position, redelivered) {
          original.call(this, consumer, message, position, redelivered);
          if (other !== null && other.channel !== this && other.consumer.queue === consumer.queue) {
            const { session, number } = other.channel;
            const tag = other.channel.taken(null, position);
            session.writer.deliver(number, other.consumer.consumerTag, tag, redelivered, message);
            session.sendLater();
          }
          other = { channel: this, consumer };
        },
    );
  },
};
