import { FileIdentity } from "../src/engines/identity/file-identity.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Permissions are not asked for",
  like: "RabbitMQ Permissions",
  apply: () => {
    replaceMethod(FileIdentity.prototype, "mayAccess", () => () => true);
  },
};
