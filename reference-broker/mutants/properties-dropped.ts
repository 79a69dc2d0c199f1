import { ContentAssembly } from "../src/protocols/amqp/content-assembly.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Messages are delivered without their properties",
  like: "AMQP 0-9-1 3.1.1",
  apply: () => {
    replaceMethod(
      ContentAssembly.prototype,
      "finish",
      (original) =>
        function (this: ContentAssembly) {
          const message = original.call(this);
          Object.defineProperty(message, "properties", { value: Buffer.alloc(2) });
          message.headers = () => null;
          return message;
        },
    );
  },
};
