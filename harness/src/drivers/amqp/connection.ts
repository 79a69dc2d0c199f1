import { connect, type Socket } from "node:net";
import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";
import {
  decodeArguments,
  encodeFrame,
  encodeMethod,
  FRAME,
  FRAME_HEAD_BYTES,
  frameEnd,
  PROTOCOL_HEADER,
} from "./codec.ts";
import { DEFAULT_LOGIN, openingOf, startOkOf } from "./log-in.ts";
import { type MethodArguments, type MethodName, methodKey, methodOfKey } from "./methods.ts";

/** Least a peer may ask for (section 1.4.2.6.2 of the reference). */
const LEAST_FRAME_MAX = 4_096;
const INITIAL_BUFFER_BYTES = 256 * 1024;
/** One whole delivery must lie in the buffer, so it may grow, but not beyond what we ever ask for. */
const MAX_BUFFER_BYTES = 4 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
const CONTENT_METHODS: readonly MethodName[] = ["basic.deliver"];

export const CHANNEL = 1;

export interface ConnectionOptions {
  readonly writableHighWaterMark?: number;
  /** How long an answer may take: a broker may have much to do before it comes to the question. */
  readonly callTimeoutMs?: number;
}

const DEFAULTS: Required<ConnectionOptions> = { writableHighWaterMark: 64 * 1024, callTimeoutMs: 30_000 };

/**
 * Takes as many whole messages or confirms as it knows from bytes [at, end) and returns the place after them. Called for
 * everything that arrives; what it leaves is read as single frames.
 */
export type Taker = (bytes: Buffer, view: DataView, at: number, end: number) => number;

interface Call {
  readonly name: MethodName;
  readonly answer: MethodName;
  readonly resolve: (values: object) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One connection with one channel. The socket reads into the buffer that frames are taken from, so that a message is
 * never copied. Without heartbeats: both ends are on one machine and loads are short.
 */
export class AmqpConnection implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly socket: Socket;
  frameMax = LEAST_FRAME_MAX;
  take: Taker = (_bytes, _view, at) => at;
  /** After all that one read of the socket brought. */
  onRead: () => void = () => {};
  /** A method that nobody asked for. */
  onMethod: (name: MethodName) => void = () => {};
  /** Called once, with the reason in words, unless `close` was called first. */
  onClose: (reason: string) => void = () => {};
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
  #view = viewOf(this.#buffer);
  #start = 0;
  #used = 0;
  readonly #callTimeoutMs: number;
  #call: Call | null = null;
  #closing = false;
  #closedBecause: string | null = null;

  private constructor(
    endpoint: Endpoint,
    { writableHighWaterMark, callTimeoutMs }: Required<ConnectionOptions>,
  ) {
    this.endpoint = endpoint;
    this.#callTimeoutMs = callTimeoutMs;
    this.socket = connect({
      host: endpoint.host,
      port: endpoint.port,
      noDelay: true,
      writableHighWaterMark,
      onread: {
        buffer: () => this.#buffer.subarray(this.#used),
        callback: (size: number) => this.#received(size),
      },
    } as Parameters<typeof connect>[0] & object);
  }

  /** Logs in and opens the channel. Throws TARGET_UNREACHABLE. */
  static async open(endpoint: Endpoint, options: ConnectionOptions = {}): Promise<AmqpConnection> {
    const connection = new AmqpConnection(endpoint, { ...DEFAULTS, ...options });
    try {
      await connection.#connected();
      await connection.#logIn();
      await connection.call("channel.open", "channel.open-ok", {});
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * Sends a method and waits for its answer; one at a time. Throws DRIVER_PROTOCOL when the broker refuses, telling its
   * code and text, and TARGET_UNREACHABLE when the connection ends first.
   */
  async call<N extends MethodName, A extends MethodName>(
    name: N,
    answer: A,
    values: Partial<MethodArguments<N>>,
  ): Promise<MethodArguments<A>> {
    const channel = name.startsWith("connection.") ? 0 : CHANNEL;
    return await this.#exchange(name, answer, encodeMethod(name, channel, values));
  }

  /** Sends a method that is not answered; a refusal closes the channel, and the next call tells it. */
  send<N extends MethodName>(name: N, values: Partial<MethodArguments<N>>): void {
    this.socket.write(encodeMethod(name, CHANNEL, values));
  }

  close(): void {
    this.#closing = true;
    this.socket.destroy();
  }

  /** In order, so that a broker does not log it as a loss. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closedBecause === null && !this.#closing) {
      this.#closing = true;
      await this.call("connection.close", "connection.close-ok", { replyCode: 200 }).catch(() => undefined);
    }
    this.close();
  }

  async #connected(): Promise<void> {
    const { socket } = this;
    const timer = setTimeout(() => socket.destroy(new Error("timed out")), CONNECT_TIMEOUT_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new HarnessError("TARGET_UNREACHABLE", `no connection to ${address(this.endpoint)}: ${reason}`, {
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
    let reason = "closed by the broker";
    socket.on("error", (error) => {
      reason = error.message;
    });
    socket.once("close", () => this.#ended(reason));
  }

  async #logIn(): Promise<void> {
    const login = this.endpoint.login ?? DEFAULT_LOGIN;
    await this.#exchange("connection.start", "connection.start", PROTOCOL_HEADER);
    const tune = await this.call("connection.start-ok", "connection.tune", startOkOf(login));
    const opening = openingOf(tune, login);
    this.frameMax = opening.frameMax;
    await this.#exchange("connection.open", "connection.open-ok", opening.bytes);
  }

  async #exchange<A extends MethodName>(
    name: MethodName,
    answer: A,
    bytes: Buffer,
  ): Promise<MethodArguments<A>> {
    if (this.#closedBecause !== null) throw this.#unreachable(name, this.#closedBecause);
    const answered = new Promise<object>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(this.#refused(name, `no answer within ${this.#callTimeoutMs} ms`)),
        this.#callTimeoutMs,
      );
      this.#call = {
        name,
        answer,
        resolve: (values) => {
          clearTimeout(timer);
          resolve(values);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
    this.socket.write(bytes);
    try {
      return (await answered) as MethodArguments<A>;
    } finally {
      this.#call = null;
    }
  }

  #received(size: number): boolean {
    this.#used += size;
    try {
      while (this.#readOnce()) {
        // Until what is left is part of a frame or of a message.
      }
      this.onRead();
    } catch (error) {
      this.socket.destroy(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    this.#makeRoom();
    return true;
  }

  /** False when what is left must wait for more bytes. */
  #readOnce(): boolean {
    const at = this.take(this.#buffer, this.#view, this.#start, this.#used);
    const progressed = at > this.#start;
    this.#start = at;
    // What size is agreed on, logging in tells.
    const maxBytes = this.#call === null ? this.frameMax : Number.POSITIVE_INFINITY;
    const end = frameEnd(this.#buffer, at, this.#used, maxBytes);
    if (end === 0) return false;
    const type = this.#buffer[at]!;
    if (type === FRAME.heartbeat) this.socket.write(encodeFrame(FRAME.heartbeat, 0, Buffer.alloc(0)));
    else if (type !== FRAME.method) throw new Error(`a frame of type ${type} where a method is expected`);
    else if (!this.#method(this.#buffer.subarray(at + FRAME_HEAD_BYTES, end - 1))) return progressed;
    this.#start = end;
    return true;
  }

  /** False for a method that content follows: it is taken with its content, by `take`. */
  #method(payload: Buffer): boolean {
    const key = payload.readUInt32BE(0);
    const name = methodOfKey(key);
    if (name === undefined) throw new Error(`method ${key >>> 16}.${key & 0xffff} is not known here`);
    if (CONTENT_METHODS.includes(name)) return false;
    const call = this.#call;
    if (call !== null && call.answer === name) call.resolve(decodeArguments(name, payload));
    else if (name === "connection.close" || name === "channel.close") this.#closedByBroker(name, payload);
    else this.onMethod(name);
    return true;
  }

  #closedByBroker(name: "connection.close" | "channel.close", payload: Buffer): void {
    const { replyCode, replyText } = decodeArguments(name, payload);
    const reason = `${replyCode} ${replyText}`;
    const channel = name === "channel.close" ? CHANNEL : 0;
    this.socket.write(encodeMethod(`${name}-ok`, channel));
    this.#call?.reject(this.#refused(this.#call.name, reason));
    // Load has one channel, so without it the connection is of no use.
    this.#ended(reason);
    this.socket.destroy();
  }

  #ended(reason: string): void {
    if (this.#closedBecause !== null) return;
    this.#closedBecause = reason;
    this.#call?.reject(this.#unreachable(this.#call.name, reason));
    if (!this.#closing) this.onClose(reason);
  }

  /** Moves what is unread to the front, into a larger buffer where it fills this one. */
  #makeRoom(): void {
    const unread = this.#used - this.#start;
    if (unread > 0 && this.#start === 0 && this.#used === this.#buffer.length) {
      if (this.#buffer.length >= MAX_BUFFER_BYTES) {
        this.socket.destroy(new Error(`a message larger than ${MAX_BUFFER_BYTES} bytes`));
        return;
      }
      const larger = Buffer.allocUnsafeSlow(this.#buffer.length * 2);
      this.#buffer.copy(larger, 0, 0, this.#used);
      this.#buffer = larger;
      this.#view = viewOf(larger);
      return;
    }
    // Copied only when little room is left, so that small rests do not cost a copy for each read.
    if (unread > 0 && this.#buffer.length - this.#used > this.#buffer.length / 2) return;
    if (unread > 0) this.#buffer.copyWithin(0, this.#start, this.#used);
    this.#start = 0;
    this.#used = unread;
  }

  #refused(name: MethodName, reason: string): HarnessError {
    return new HarnessError("DRIVER_PROTOCOL", `${address(this.endpoint)}: ${name}: ${reason}`);
  }

  #unreachable(name: MethodName, reason: string): HarnessError {
    const message = `${address(this.endpoint)}: connection ended during ${name}: ${reason}`;
    return new HarnessError("TARGET_UNREACHABLE", message);
  }
}

export function address(endpoint: Endpoint): string {
  return `${endpoint.host}:${endpoint.port}`;
}

/** The first bytes of a method frame's payload, for takers. */
export const DELIVER_KEY = methodKey("basic.deliver");
export const ACK_KEY = methodKey("basic.ack");
export const NACK_KEY = methodKey("basic.nack");

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
