import { ContentAssembly } from "../src/protocols/amqp/content-assembly.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Bodies of more than one smallest frame lose their last octet",
  like: "RabbitMQ f363854",
  apply: () => {
    replaceMethod(
      ContentAssembly.prototype,
      "finish",
      (original) =>
        function (this: ContentAssembly) {
          const message = original.call(this);
          const body = message.body.subarray(0, message.body.length > 4096 ? -1 : undefined);
          Object.defineProperty(message, "body", { value: body });
          Object.defineProperty(message, "bodyBytes", { value: body.length });
          return message;
        },
    );
  },
};
