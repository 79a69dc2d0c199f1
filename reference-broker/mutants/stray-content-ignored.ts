import { ContentAssembly } from "../src/protocols/amqp/content-assembly.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Content frames that belong to no publish are passed over",
  like: "RabbitMQ UnexpectedFrames",
  apply: () => {
    for (const name of ["header", "body"] as const) {
      replaceMethod(
        ContentAssembly.prototype,
        name,
        (original) =>
          function (this: ContentAssembly, bytes, start, end) {
            try {
              return original.call(this, bytes, start, end);
            } catch {
              this.abandon();
              return false;
            }
          },
      );
    }
  },
};
