import { Channel } from "../src/protocols/amqp/channel.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "An error on a channel closes the connection",
  like: "RabbitMQ: channel errors are soft",
  apply: () => {
    replaceMethod(
      Channel.prototype,
      "send",
      (original) =>
        function (this: Channel, name, fields) {
          if (name !== "channel.close") original.call(this, name, fields);
          else this.session.disconnectClient("an error on a channel");
        },
    );
  },
};
