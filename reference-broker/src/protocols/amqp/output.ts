/**
 * What a connection sends: frames gather in its writer and go out in one write at the end of the turn, or earlier when
 * they are many. How much the client leaves unread is known, so that deliveries can stop.
 */
import type { Socket } from "node:net";
import { FrameWriter } from "./wire/frame-writer.ts";

/** Beyond this nothing is delivered until the client has read. */
const FULL_BYTES = 1024 * 1024;
/** Replies to direct reply-to know no prefetch; beyond this they are dropped. */
const REPLY_LIMIT_BYTES = 8 * FULL_BYTES;
/** Written within the turn: what stands in the processor's cache is sent from there. */
const WRITE_AT_BYTES = 128 * 1024;

/** Sends of one turn of the event loop, one after the other. One for all connections of a listener. */
export class TurnEnd {
  #outputs: Output[] = [];

  add(output: Output): void {
    if (this.#outputs.length === 0) setImmediate(this.#sendAll);
    this.#outputs.push(output);
  }

  readonly #sendAll = (): void => {
    const outputs = this.#outputs;
    this.#outputs = [];
    for (const output of outputs) output.send();
  };
}

export class Output {
  readonly writer = new FrameWriter();
  readonly #socket: Socket;
  readonly #turnEnd: TurnEnd;
  readonly #whenRoom: () => void;
  #isScheduled = false;
  #isSoon = false;
  /** Given to the socket and not taken by the kernel. */
  #unsentBytes = 0;
  #hasRefused = false;
  /** Something was written to the socket since the heartbeat looked. */
  hasSent = false;

  /** `whenRoom`: deliveries were refused and are welcome again. */
  constructor(socket: Socket, turnEnd: TurnEnd, whenRoom: () => void) {
    this.#socket = socket;
    this.#turnEnd = turnEnd;
    this.#whenRoom = whenRoom;
    socket.on("drain", () => this.#drained());
  }

  get backlogBytes(): number {
    return this.writer.pendingBytes + this.#unsentBytes;
  }

  get takesDeliveries(): boolean {
    if (this.writer.pendingBytes + this.#unsentBytes < FULL_BYTES) return true;
    this.#hasRefused = true;
    return false;
  }

  get takesReplies(): boolean {
    return this.backlogBytes < REPLY_LIMIT_BYTES;
  }

  /** Something is in the writer. */
  later(): void {
    if (this.writer.pendingBytes >= WRITE_AT_BYTES) this.#write();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#turnEnd.add(this);
  }

  /** For what comes after the turn's sends, such as confirms of what was stored in its check phase. */
  soon(): void {
    if (this.#isSoon) return;
    this.#isSoon = true;
    process.nextTick(this.#sendSoon);
  }

  readonly #sendSoon = (): void => {
    this.#isSoon = false;
    this.#write();
    this.#tellRoom();
  };

  send(): void {
    this.#isScheduled = false;
    this.#write();
    this.#tellRoom();
  }

  #write(): void {
    if (this.writer.pendingBytes === 0 || this.#socket.destroyed) return;
    this.hasSent = true;
    const socket = this.#socket;
    const chunks = this.writer.take();
    if (chunks.length === 1) {
      socket.write(chunks[0]!);
    } else {
      socket.cork();
      for (const chunk of chunks) socket.write(chunk);
      socket.uncork();
    }
    this.#unsentBytes = socket.writableLength;
    this.writer.reuse(this.#unsentBytes);
  }

  #drained(): void {
    this.#unsentBytes = 0;
    this.writer.reuse();
    this.#tellRoom();
  }

  #tellRoom(): void {
    if (!this.#hasRefused || this.backlogBytes >= FULL_BYTES) return;
    this.#hasRefused = false;
    this.#whenRoom();
  }
}
