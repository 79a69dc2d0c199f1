/**
 * Cuts a byte stream into frames. Chunks belong to the caller and are used again: a frame that lies whole in one is handed
 * on where it lies; one that is cut is gathered in memory that grows with what has arrived.
 */
import { allocateUnpooled } from "../../../base/allocate.ts";
import { AmqpError } from "../reply-codes.ts";
import { FRAME, FRAME_END, FRAME_HEADER_BYTES, FRAME_OVERHEAD_BYTES } from "./frame.ts";

export { FRAME } from "./frame.ts";

/** `bytes` from `start` to `end` is the payload, valid until the call returns. `type` is one of FRAME. */
export type OnFrame = (type: number, channel: number, bytes: Buffer, start: number, end: number) => void;

const GATHER_BYTES = 4096;
const NO_BYTES = Buffer.alloc(0);

/** connection.close-ok as a frame: what a client answers when it is told that its frames are broken. */
const CLOSE_OK = Buffer.from([FRAME.method, 0, 0, 0, 0, 0, 4, 0, 10, 0, 51, FRAME_END]);

/** Memory for cut frames that no parser is using; one is enough for most turns. */
let spare: Buffer | null = null;

export class FrameParser {
  /** frame-max as agreed. As in RabbitMQ, a payload may be of this size though its frame is then larger. */
  maxFrameBytes: number;
  /** The part of a cut frame that is there. */
  #gathered: Buffer = NO_BYTES;
  #filled = 0;
  #isBroken = false;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** True while a frame has begun and not ended. */
  get isInFrame(): boolean {
    return this.#filled > 0;
  }

  /**
   * Hands every frame that `chunk` completes to `onFrame`; nothing of the chunk is kept. Throws AmqpError FRAME_ERROR for a
   * frame that is too large, of an unknown type or without its end octet; from then on the stream has no frames any more,
   * and connection.close-ok alone is looked for.
   */
  push(chunk: Buffer, onFrame: OnFrame): void {
    if (this.#isBroken) {
      this.#seekCloseOk(chunk, onFrame);
      return;
    }
    let at = this.#filled === 0 ? 0 : this.#complete(chunk, onFrame);
    const end = chunk.length;
    while (end - at >= FRAME_HEADER_BYTES) {
      const payloadBytes = this.#payloadBytes(chunk, at);
      const next = at + FRAME_OVERHEAD_BYTES + payloadBytes;
      if (next > end) break;
      if (chunk[next - 1] !== FRAME_END) this.#refuseEnd(chunk, at, next);
      const channel = (chunk[at + 1]! << 8) | chunk[at + 2]!;
      onFrame(chunk[at]!, channel, chunk, at + FRAME_HEADER_BYTES, next - 1);
      at = next;
    }
    if (at < end) this.#gather(chunk, at, end);
  }

  /** Gives memory back; the connection is gone. */
  dispose(): void {
    this.#isBroken = true;
    this.#release();
  }

  /** Size of the payload of the frame at `at`, whose header is there. */
  #payloadBytes(bytes: Buffer, at: number): number {
    const type = bytes[at]!;
    const payloadBytes =
      ((bytes[at + 3]! << 24) | (bytes[at + 4]! << 16) | (bytes[at + 5]! << 8) | bytes[at + 6]!) >>> 0;
    if (payloadBytes > this.maxFrameBytes) this.#refuseSize(type, payloadBytes);
    if (type < FRAME.method || (type > FRAME.body && (type !== FRAME.heartbeat || payloadBytes !== 0))) {
      throw this.#broken(`type ${type}, all octets = <<>>: unknown_frame`);
    }
    return payloadBytes;
  }

  /** Adds to the cut frame; returns what was taken of the chunk. */
  #complete(chunk: Buffer, onFrame: OnFrame): number {
    let at = 0;
    if (this.#filled < FRAME_HEADER_BYTES) {
      at = this.#fill(chunk, 0, FRAME_HEADER_BYTES);
      if (this.#filled < FRAME_HEADER_BYTES) return at;
    }
    const frameBytes = FRAME_OVERHEAD_BYTES + this.#payloadBytes(this.#gathered, 0);
    at = this.#fill(chunk, at, frameBytes);
    if (this.#filled < frameBytes) return at;
    const frame = this.#gathered;
    if (frame[frameBytes - 1] !== FRAME_END) this.#refuseEnd(frame, 0, frameBytes);
    this.#filled = 0;
    onFrame(frame[0]!, (frame[1]! << 8) | frame[2]!, frame, FRAME_HEADER_BYTES, frameBytes - 1);
    this.#release();
    return at;
  }

  /** Copies until `wanted` bytes of the frame are there or the chunk ends; returns where the chunk goes on. */
  #fill(chunk: Buffer, at: number, wanted: number): number {
    const end = Math.min(chunk.length, at + wanted - this.#filled);
    this.#gather(chunk, at, end);
    return end;
  }

  #gather(chunk: Buffer, start: number, end: number): void {
    const filled = this.#filled + end - start;
    if (filled > this.#gathered.length) this.#grow(filled);
    chunk.copy(this.#gathered, this.#filled, start, end);
    this.#filled = filled;
  }

  #grow(needed: number): void {
    let grown = spare;
    if (grown === null || grown.length < needed) {
      grown = allocateUnpooled(Math.max(needed, 2 * this.#gathered.length, GATHER_BYTES));
    } else {
      spare = null;
    }
    this.#gathered.copy(grown, 0, 0, this.#filled);
    this.#gathered = grown;
  }

  #release(): void {
    if (spare === null || spare.length < this.#gathered.length) spare = this.#gathered;
    this.#gathered = NO_BYTES;
    this.#filled = 0;
  }

  #seekCloseOk(chunk: Buffer, onFrame: OnFrame): void {
    const at = chunk.indexOf(CLOSE_OK);
    if (at >= 0) onFrame(FRAME.method, 0, CLOSE_OK, FRAME_HEADER_BYTES, CLOSE_OK.length - 1);
  }

  #refuseSize(type: number, payloadBytes: number): never {
    const limit = this.maxFrameBytes - FRAME_OVERHEAD_BYTES;
    throw this.#broken(`type ${type}, all octets = <<>>: {frame_too_large,${payloadBytes},${limit}}`);
  }

  #refuseEnd(bytes: Buffer, start: number, end: number): never {
    const payload = bytes.subarray(start + FRAME_HEADER_BYTES, end - 1);
    const fault = `{invalid_frame_end_marker,${bytes[end - 1]}}`;
    throw this.#broken(`type ${bytes[start]}, ${snippet(payload)}: ${fault}`);
  }

  #broken(message: string): AmqpError {
    this.#isBroken = true;
    this.#release();
    return new AmqpError("FRAME_ERROR", message);
  }
}

const SNIPPET_BYTES = 16;

/** As RabbitMQ shows a payload. */
function snippet(payload: Buffer): string {
  const octets = [...payload.subarray(0, SNIPPET_BYTES)].join(",");
  return `${payload.length <= SNIPPET_BYTES ? "all" : `first ${SNIPPET_BYTES}`} octets = <<${octets}>>`;
}
