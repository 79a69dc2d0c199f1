import { alterFrames } from "./alter-frames.ts";
import type { Mutant } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A heartbeat on a channel is taken",
  like: "LavinMQ #1999",
  apply: () => {
    alterFrames((frame) => (frame[0] === 8 && frame.readUInt16BE(1) !== 0 ? null : frame));
  },
};
