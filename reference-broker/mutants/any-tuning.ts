import { Handshake } from "../src/protocols/amqp/handshake.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "tune-ok above what was proposed is taken",
  like: "AMQP 0-9-1 rule tune-ok.frame-max#minimum",
  apply: () => {
    replaceMethod(Handshake.prototype, "tuneOk", () => ({ channelMax, frameMax, heartbeat }) => ({
      channelMax,
      frameMax: Math.max(frameMax, 4096),
      heartbeatSeconds: heartbeat,
    }));
  },
};
