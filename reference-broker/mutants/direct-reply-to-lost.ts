import { Channel } from "../src/protocols/amqp/channel.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Replies to direct reply-to vanish",
  like: "LavinMQ reply_to_spec",
  apply: () => {
    replaceMethod(Channel.prototype, "receiveReply", () => () => undefined);
  },
};
