import { FileIdentity } from "../src/engines/identity/file-identity.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Topic permissions are not asked for",
  like: "RabbitMQ topic_permission_SUITE",
  apply: () => {
    replaceMethod(FileIdentity.prototype, "restrictsTopics", () => () => false);
  },
};
