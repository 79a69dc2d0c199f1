import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Direct reply-to takes a consumer with acknowledgements",
  like: "RabbitMQ DirectReplyTo",
  apply: () => {
    alterFields("basic.consume", ({ noAck, queue }) => ({
      noAck: noAck || queue === "amq.rabbitmq.reply-to",
    }));
  },
};
