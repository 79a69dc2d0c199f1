/** A TCP connection that speaks AMQP frames and writes down each one. Nothing is assumed of what it sends or gets. */
import { connect, type Socket } from "node:net";
import { ConformanceFailure } from "../../../src/conform/failure.ts";
import {
  type Arguments,
  decodeMethod,
  FRAME,
  type Frame,
  FRAME_OVERHEAD,
  type Method,
  methodFrame,
} from "./codec.ts";
import type { Journal } from "./journal.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export const PROTOCOL_HEADER = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/** More than RabbitMQ's three seconds before a silent close and its ten seconds for a handshake, with room for load. */
export const REPLY_TIMEOUT_MS = 20_000;

export class Wire {
  readonly name: string;
  readonly journal: Journal;
  readonly socket: Socket;
  /** Frames not taken yet, while nobody listens to them. */
  readonly frames: Frame[] = [];
  /** The eight bytes of a protocol header that the server sent, null as long as it has not. */
  protocolHeader: Buffer | null = null;
  /** `CONN <code>` after connection.close, `SOCK` when it was closed without one, null while it lives. */
  ending: string | null = null;
  endingText = "";
  lastReceivedMs = performance.now();
  onFrame: ((frame: Frame) => void) | null = null;
  #closeCode: number | null = null;
  #socketClosed = false;
  #received: Buffer = Buffer.alloc(0);
  #fault: unknown = null;
  #waiting = new Set<() => void>();

  private constructor(socket: Socket, name: string, journal: Journal) {
    this.socket = socket;
    this.name = name;
    this.journal = journal;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => journal.note(name, `socket: ${error.message}`));
    socket.on("close", () => this.#closed());
  }

  static async connect(endpoint: Endpoint, name: string, journal: Journal): Promise<Wire> {
    const socket = connect(endpoint);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) =>
        reject(new ConformanceFailure(`a TCP connection to port ${endpoint.port}`, error.message)),
      );
    });
    return new Wire(socket, name, journal);
  }

  /** Bytes as they are; recorded as one entry. */
  write(bytes: Buffer): void {
    this.journal.sent(this.name, bytes);
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  method(channel: number, name: string, args: Arguments = {}): void {
    this.write(methodFrame(channel, name, args));
  }

  /** The next method of channel 0 that is called `name`; heartbeats are passed over. */
  async expectMethod(name: string, timeoutMs = REPLY_TIMEOUT_MS): Promise<Method> {
    const frame = await this.until(() => this.#takeFrame(), timeoutMs, name);
    const method = frame.type === FRAME.method ? decodeMethod(frame.payload) : null;
    if (method?.name !== name)
      throw new ConformanceFailure(name, method?.name ?? `a frame of type ${frame.type}`);
    return method;
  }

  /** Resolves with how the connection ended; fails when it lives on. */
  async expectEnding(timeoutMs = REPLY_TIMEOUT_MS): Promise<string> {
    await this.until(
      () => (this.#socketClosed ? true : undefined),
      timeoutMs,
      "the connection to be closed",
      true,
    );
    return this.ending ?? "SOCK";
  }

  /**
   * What `find` finds, looked for again at everything that arrives. Fails when the connection ends first or the time is
   * over (monotonic).
   */
  async until<T>(
    find: () => T | undefined,
    timeoutMs: number,
    expected: string,
    pastEnding = false,
  ): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (this.#fault !== null) throw this.#fault;
      const found = find();
      if (found !== undefined) return found;
      if (this.#socketClosed && !pastEnding) {
        throw new ConformanceFailure(expected, `${this.ending} ${this.endingText}`.trim());
      }
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) {
        throw new ConformanceFailure(expected, `nothing within ${timeoutMs / 1000} s`, { timedOut: true });
      }
      await this.#something(leftMs);
    }
  }

  /** Wakes whoever waits in `until`. */
  notify(): void {
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Resolves when the socket is closed on both sides, at the latest after the time. */
  async closedWithin(timeoutMs: number): Promise<void> {
    await this.until(
      () => (this.#socketClosed ? true : undefined),
      timeoutMs,
      "the socket to close",
      true,
    ).catch(() => this.destroy());
  }

  #something(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, timeoutMs);
      const waiting = this.#waiting;
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
      waiting.add(done);
    });
  }

  #takeFrame(): Frame | undefined {
    for (;;) {
      const frame = this.frames.shift();
      if (frame === undefined || frame.type !== FRAME.heartbeat) return frame;
    }
  }

  #read(chunk: Buffer): void {
    this.lastReceivedMs = performance.now();
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    for (;;) {
      const end = this.#readOne(at);
      if (end === null) break;
      at = end;
    }
    this.#received = this.#received.subarray(at);
    this.notify();
  }

  /** Position after the frame at `at`, null when it is not there as a whole. */
  #readOne(at: number): number | null {
    const bytes = this.#received;
    if (bytes.length - at >= 8 && bytes.toString("latin1", at, at + 4) === "AMQP") {
      this.protocolHeader = Buffer.from(bytes.subarray(at, at + 8));
      this.journal.note(this.name, `received protocol header ${this.protocolHeader.toString("hex")}`);
      return at + 8;
    }
    if (bytes.length - at < 7) return null;
    const end = at + bytes.readUInt32BE(at + 3) + FRAME_OVERHEAD;
    if (bytes.length < end) return null;
    const whole = bytes.subarray(at, end);
    this.journal.received(this.name, whole);
    this.#take({ type: whole.readUInt8(0), channel: whole.readUInt16BE(1), payload: whole.subarray(7, -1) });
    return end;
  }

  #take(frame: Frame): void {
    if (frame.type === FRAME.method && frame.channel === 0) {
      const method = decodeMethod(frame.payload);
      if (method?.name === "connection.close") {
        this.#closeCode = method.args.replyCode;
        this.endingText = method.args.replyText;
        this.ending = `CONN ${this.#closeCode}`;
        this.method(0, "connection.close-ok");
        this.socket.end();
        return;
      }
    }
    if (this.onFrame !== null) this.#hand(frame, this.onFrame);
    else this.frames.push({ ...frame, payload: Buffer.from(frame.payload) });
  }

  /** What the listener cannot make sense of is the broker's fault: the next wait of the case throws it. */
  #hand(frame: Frame, listener: (frame: Frame) => void): void {
    try {
      listener(frame);
    } catch (error) {
      this.#fault ??= error;
      this.socket.destroy();
    }
  }

  #closed(): void {
    this.#socketClosed = true;
    this.ending ??= "SOCK";
    this.journal.note(this.name, `socket closed: ${this.ending}`);
    this.notify();
  }
}
