import { alterFrames } from "./alter-frames.ts";
import type { Mutant } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "A method opens the channel that it is sent on",
  like: "RabbitMQ: 504",
  apply: () => {
    const opened = new WeakMap<object, Set<number>>();
    alterFrames((frame, parser) => {
      const channel = frame.readUInt16BE(1);
      const known = opened.get(parser) ?? new Set([0]);
      opened.set(parser, known);
      if (known.has(channel)) return frame;
      known.add(channel);
      if (frame.readUInt16BE(7) === 20) return frame;
      const open = Buffer.from([1, 0, 0, 0, 0, 0, 5, 0, 20, 0, 10, 0, 0xce]);
      open.writeUInt16BE(channel, 1);
      return Buffer.concat([open, frame]);
    });
  },
};
