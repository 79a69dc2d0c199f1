import { alterFrames } from "./alter-frames.ts";
import type { Mutant } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Frames of an unknown type are passed over",
  like: "RabbitMQ unknownFrameType",
  apply: () => {
    alterFrames((frame) => ([1, 2, 3, 8].includes(frame[0]!) ? frame : null));
  },
};
