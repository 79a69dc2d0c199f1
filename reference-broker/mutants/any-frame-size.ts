import { FrameParser } from "../src/protocols/amqp/wire/frame-parser.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Frames larger than agreed are taken",
  like: "RabbitMQ rejectExceedingFrameMax",
  apply: () => {
    replaceMethod(
      FrameParser.prototype,
      "push",
      (original) =>
        function (this: FrameParser, chunk, onFrame) {
          this.maxFrameBytes = 2 ** 30;
          original.call(this, chunk, onFrame);
        },
    );
  },
};
