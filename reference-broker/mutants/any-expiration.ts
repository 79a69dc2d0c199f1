import { ContentAssembly } from "../src/protocols/amqp/content-assembly.ts";
import { INVALID_EXPIRATION } from "../src/mechanisms/basic-properties.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An expiration that is no number counts as none",
  like: "RabbitMQ trailingCharsUsedInTTL",
  apply: () => {
    replaceMethod(
      ContentAssembly.prototype,
      "finish",
      (original) =>
        function (this: ContentAssembly) {
          const message = original.call(this);
          if (message.expirationMs === INVALID_EXPIRATION) {
            Object.defineProperty(message, "expirationMs", { value: -1 });
          }
          return message;
        },
    );
  },
};
