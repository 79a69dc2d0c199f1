import { FrameWriter } from "../src/protocols/amqp/wire/frame-writer.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A message delivered again is not marked so",
  like: "AMQP 0-9-1 rule redelivered#implementation",
  apply: () => {
    replaceMethod(
      FrameWriter.prototype,
      "deliver",
      (original) =>
        function (this: FrameWriter, channel, consumerTag, tag, _redelivered, message) {
          original.call(this, channel, consumerTag, tag, false, message);
        },
    );
    replaceMethod(
      FrameWriter.prototype,
      "getOk",
      (original) =>
        function (this: FrameWriter, channel, tag, _redelivered, count, message) {
          original.call(this, channel, tag, false, count, message);
        },
    );
  },
};
