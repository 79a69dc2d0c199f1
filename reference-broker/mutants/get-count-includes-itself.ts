import { FrameWriter } from "../src/protocols/amqp/wire/frame-writer.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "basic.get-ok counts the message that it carries",
  like: "AMQP 0-9-1 basic.get-ok message-count",
  apply: () => {
    replaceMethod(
      FrameWriter.prototype,
      "getOk",
      (original) =>
        function (this: FrameWriter, channel, tag, redelivered, count, message) {
          original.call(this, channel, tag, redelivered, count + 1, message);
        },
    );
  },
};
