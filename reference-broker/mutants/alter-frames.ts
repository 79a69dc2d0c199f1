/** For mutants that misread frames: they see each whole frame that arrives before the parser does. */
import { FrameParser } from "../src/protocols/amqp/wire/frame-parser.ts";
import { replaceMethod } from "./mutant.ts";

const OVERHEAD_BYTES = 8;
const PAYLOAD_BYTES_AT = 3;

/** `alter` gives back what the parser gets instead, null for nothing. Chunks that end within a frame are left alone. */
export function alterFrames(alter: (frame: Buffer, parser: FrameParser) => Buffer | null): void {
  replaceMethod(
    FrameParser.prototype,
    "push",
    (original) =>
      function (this: FrameParser, chunk, onFrame) {
        const frames = this.isInFrame ? null : split(chunk);
        if (frames === null) original.call(this, chunk, onFrame);
        else {
          const altered = frames.map((frame) => alter(frame, this)).filter((frame) => frame !== null);
          original.call(this, Buffer.concat(altered), onFrame);
        }
      },
  );
}

function split(chunk: Buffer): Buffer[] | null {
  const frames: Buffer[] = [];
  for (let at = 0; at < chunk.length; ) {
    if (chunk.length - at < OVERHEAD_BYTES) return null;
    const end = at + chunk.readUInt32BE(at + PAYLOAD_BYTES_AT) + OVERHEAD_BYTES;
    if (end > chunk.length) return null;
    frames.push(Buffer.from(chunk.subarray(at, end)));
    at = end;
  }
  return frames;
}
