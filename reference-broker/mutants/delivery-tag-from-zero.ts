import { FrameWriter } from "../src/protocols/amqp/wire/frame-writer.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Delivery tags begin at 0",
  like: "AMQP 0-9-1 rule delivery-tag#non-zero",
  apply: () => {
    replaceMethod(
      FrameWriter.prototype,
      "deliver",
      (original) =>
        function (this: FrameWriter, channel, consumerTag, tag, redelivered, message) {
          original.call(this, channel, consumerTag, tag - 1, redelivered, message);
        },
    );
    replaceMethod(
      FrameWriter.prototype,
      "getOk",
      (original) =>
        function (this: FrameWriter, channel, tag, redelivered, count, message) {
          original.call(this, channel, tag - 1, redelivered, count, message);
        },
    );
  },
};
