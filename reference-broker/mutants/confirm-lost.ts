import { Channel } from "../src/protocols/amqp/channel.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "One confirm in three is never sent",
  like: "RabbitMQ b66dc40 (a queue that silently stops confirming)",
  apply: () => {
    let confirms = 0;
    replaceMethod(
      Channel.prototype,
      "send",
      (original) =>
        function (this: Channel, name, fields) {
          if (name !== "basic.ack") original.call(this, name, fields);
          else if (++confirms % 3 !== 0) original.call(this, name, { ...fields, multiple: false });
        },
    );
  },
};
