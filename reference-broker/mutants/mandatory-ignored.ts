import { FrameWriter } from "../src/protocols/amqp/wire/frame-writer.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An unroutable mandatory message is dropped",
  like: "AMQP 0-9-1 basic.publish mandatory",
  apply: () => {
    replaceMethod(FrameWriter.prototype, "returned", () => () => undefined);
  },
};
