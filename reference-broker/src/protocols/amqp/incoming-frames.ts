/**
 * What one connection reads: frames in their order, held back behind whatever has to finish first, and what is done once
 * for all frames of a read (credit of consumers, confirms). While it is held the socket is not read.
 */
import type { Socket } from "node:net";
import type { Channel } from "./channel.ts";
import type { Consumer } from "./consumer.ts";
import { FrameHold, type HoldReason } from "./frame-hold.ts";
import { FrameParser } from "./wire/frame-parser.ts";

export interface FrameHandler {
  /** Nothing more is taken from this connection. */
  readonly isClosed: boolean;
  /** A promise: what comes behind this frame waits. `bytes` from `start` to `end` is valid until the call returns. */
  handleFrame(
    type: number,
    channel: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): Promise<void> | undefined;
  /** A frame of `channel` could not be handled; 0: of the connection. */
  failed(channel: number, error: unknown): void;
}

export class IncomingFrames {
  readonly #socket: Socket;
  readonly #handler: FrameHandler;
  readonly #parser: FrameParser;
  readonly #hold = new FrameHold();
  #isReading = false;
  #toResume: Consumer[] = [];
  #toConfirm: Channel[] = [];

  constructor(socket: Socket, handler: FrameHandler, maxFrameBytes: number) {
    this.#socket = socket;
    this.#handler = handler;
    this.#parser = new FrameParser(maxFrameBytes);
  }

  set maxFrameBytes(bytes: number) {
    this.#parser.maxFrameBytes = bytes;
  }

  get isHeld(): boolean {
    return this.#hold.isHeld;
  }

  /** Takes what has arrived; `chunk` may be used again when this returns. */
  read(chunk: Buffer): void {
    this.#isReading = true;
    try {
      this.#parser.push(chunk, this.#onFrame);
    } catch (error) {
      this.#handler.failed(0, error);
    }
    this.#finishReading();
  }

  isHeldFor(reason: HoldReason): boolean {
    return this.#hold.has(reason);
  }

  hold(reason: HoldReason): void {
    this.#hold.hold(reason);
  }

  /** One cause to wait is gone: what was held back happens now, then reading goes on. */
  goOn(reason: HoldReason): void {
    this.#hold.release(reason);
    if (this.#handler.isClosed) return;
    this.#isReading = true;
    for (let frame = this.#hold.shift(); frame !== null; frame = this.#hold.shift()) {
      this.#handle(frame.type, frame.channel, frame.payload, 0, frame.payload.length);
    }
    this.#finishReading();
  }

  /** `consumer` is given to its queue's `resume` when this read is done, or soon. */
  resumeLater(consumer: Consumer): void {
    if (consumer.isToBeResumed) return;
    consumer.isToBeResumed = true;
    this.#toResume.push(consumer);
    if (!this.#isReading && this.#toResume.length === 1) queueMicrotask(() => this.resumeConsumers());
  }

  /** Confirms of `channel` are flushed when this read is done. */
  confirmLater(channel: Channel): void {
    if (channel.isToBeConfirmed) return;
    channel.isToBeConfirmed = true;
    this.#toConfirm.push(channel);
  }

  resumeConsumers(): void {
    while (this.#toResume.length > 0) {
      const consumers = this.#toResume;
      this.#toResume = [];
      for (const consumer of consumers) {
        consumer.isToBeResumed = false;
        if (!consumer.isCancelled) consumer.queue.resume(consumer);
      }
    }
  }

  /** What was held back is forgotten, and nothing is a cause to wait any more. */
  forgetHeld(): void {
    this.#hold.clear();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Gives memory back; the connection is gone. */
  dispose(): void {
    this.#hold.clear();
    this.#parser.dispose();
  }

  readonly #onFrame = (type: number, channel: number, bytes: Buffer, start: number, end: number): void => {
    if (this.#handler.isClosed) return;
    if (this.#hold.mustWait) {
      this.#hold.push({ type, channel, payload: Buffer.from(bytes.subarray(start, end)) });
    } else {
      this.#handle(type, channel, bytes, start, end);
    }
  };

  #handle(type: number, channel: number, bytes: Buffer, start: number, end: number): void {
    try {
      const done = this.#handler.handleFrame(type, channel, bytes, start, end);
      if (done !== undefined) this.#holdUntil(channel, done);
    } catch (error) {
      this.#handler.failed(channel, error);
    }
  }

  #holdUntil(channel: number, done: Promise<void>): void {
    this.#hold.hold("operation");
    done.then(
      () => this.goOn("operation"),
      (error: unknown) => {
        this.#handler.failed(channel, error);
        this.goOn("operation");
      },
    );
  }

  /** Credit and confirms of many frames at once; then the socket reads on or not. */
  #finishReading(): void {
    this.#isReading = false;
    this.resumeConsumers();
    for (const channel of this.#toConfirm) {
      channel.isToBeConfirmed = false;
      channel.flushConfirms();
    }
    if (this.#toConfirm.length > 0) this.#toConfirm = [];
    if (this.#hold.isHeld) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }
}
