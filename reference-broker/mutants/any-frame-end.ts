import { alterFrames } from "./alter-frames.ts";
import type { Mutant } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Any octet ends a frame",
  like: "LavinMQ #1813",
  apply: () => {
    alterFrames((frame) => {
      frame[frame.length - 1] = 0xce;
      return frame;
    });
  },
};
