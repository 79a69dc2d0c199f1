import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A transaction is answered and publishes at once",
  like: "RabbitMQ docs semantics#tx",
  apply: () => {
    replaceHandler("tx.select", () => (channel) => channel.send("tx.select-ok", {}));
    replaceHandler("tx.commit", () => (channel) => channel.send("tx.commit-ok", {}));
    replaceHandler("tx.rollback", () => (channel) => channel.send("tx.rollback-ok", {}));
  },
};
