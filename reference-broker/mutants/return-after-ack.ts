import { FrameWriter } from "../src/protocols/amqp/wire/frame-writer.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

const LATER_MS = 20;

export const mutant: Mutant = {
  fault: "basic.return comes after the confirm or commit-ok of its publish",
  like: "streadway/amqp #351; RabbitMQ return_after_commit",
  apply: () => {
    replaceMethod(
      FrameWriter.prototype,
      "returned",
      (original) =>
        function (this: FrameWriter, channel, code, text, message) {
          setTimeout(() => {
            original.call(this, channel, code, text, message);
            this.heartbeat();
          }, LATER_MS);
        },
    );
  },
};
