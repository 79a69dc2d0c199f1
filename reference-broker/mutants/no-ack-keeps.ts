import { type Mutant, alterFields } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A consumer with no-ack leaves its messages unacknowledged",
  like: "AMQP 0-9-1 basic.consume no-ack",
  apply: () => {
    alterFields("basic.consume", () => ({ noAck: false }));
  },
};
