import type { Channel } from "../src/protocols/amqp/channel.ts";
import { HANDLERS } from "../src/protocols/amqp/handler-table.ts";
import type { Mutant } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "channel.open of an open channel is answered",
  like: "AMQP 0-9-1 rule channel.open#state",
  apply: () => {
    Object.assign(HANDLERS, { "channel.open": (channel: Channel) => channel.send("channel.open-ok", {}) });
  },
};
