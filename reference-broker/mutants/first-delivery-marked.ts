import { FrameWriter } from "../src/protocols/amqp/wire/frame-writer.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A message delivered for the first time is marked redelivered",
  like: "AMQP 0-9-1 rule redelivered#hinting",
  apply: () => {
    replaceMethod(
      FrameWriter.prototype,
      "deliver",
      (original) =>
        function (this: FrameWriter, channel, consumerTag, tag, _redelivered, message) {
          original.call(this, channel, consumerTag, tag, true, message);
        },
    );
  },
};
