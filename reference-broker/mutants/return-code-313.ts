import { FrameWriter } from "../src/protocols/amqp/wire/frame-writer.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.return says 313 NO_CONSUMERS",
  like: "RabbitMQ errata 17",
  apply: () => {
    replaceMethod(
      FrameWriter.prototype,
      "returned",
      (original) =>
        function (this: FrameWriter, channel, _code, _text, message) {
          original.call(this, channel, 313, "NO_CONSUMERS", message);
        },
    );
  },
};
