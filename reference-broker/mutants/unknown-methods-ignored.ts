import { alterFrames } from "./alter-frames.ts";
import type { Mutant } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Methods that do not exist are passed over",
  like: "AMQP 0-9-1 constants command-invalid",
  apply: () => {
    alterFrames((frame) => {
      const isMethod = frame[0] === 1 && frame.length >= 12;
      const isKnown =
        [10, 20, 40, 50, 60, 85, 90].includes(frame.readUInt16BE(7)) && frame.readUInt16BE(9) !== 99;
      return isMethod && !isKnown ? null : frame;
    });
  },
};
