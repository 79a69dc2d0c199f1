import { FileIdentity } from "../src/engines/identity/file-identity.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Any password will do",
  like: "AMQP 0-9-1 connection.start-ok response",
  apply: () => {
    replaceMethod(
      FileIdentity.prototype,
      "authenticate",
      () =>
        async function (this: FileIdentity, name) {
          return this.find(name);
        },
    );
  },
};
