import { ClassicQueue } from "../src/engines/queues/queue/classic-queue.ts";
import type { Message } from "../src/mechanisms/message.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "One message in fifty changes places with the next",
  like: "AMQP 0-9-1 4.7",
  apply: () => {
    const counts = new WeakMap<ClassicQueue, number>();
    const held = new WeakMap<ClassicQueue, Message>();
    replaceMethod(
      ClassicQueue.prototype,
      "enqueue",
      (original) =>
        function (this: ClassicQueue, message) {
          const count = (counts.get(this) ?? 0) + 1;
          counts.set(this, count);
          if (count % 50 === 49) {
            held.set(this, message);
            return 0;
          }
          const bits = original.call(this, message);
          const earlier = held.get(this);
          held.delete(this);
          return earlier === undefined ? bits : bits | original.call(this, earlier);
        },
    );
  },
};
