import { FileIdentity } from "../src/engines/identity/file-identity.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A publish may carry the name of any user",
  like: "RabbitMQ UserIDHeader",
  apply: () => {
    replaceMethod(
      FileIdentity.prototype,
      "authenticate",
      (original) =>
        async function (this: FileIdentity, name, password, fromLoopback) {
          const user = await original.call(this, name, password, fromLoopback);
          return user === null ? null : { ...user, tags: [...user.tags, "impersonator"] };
        },
    );
  },
};
