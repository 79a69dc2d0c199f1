import { connect, type Socket } from "node:net";
import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";
import { type Api, requestHeader } from "./apis.ts";
import { WireReader, WireWriter } from "./wire.ts";

export const CLIENT_ID = "brokermark";

/** A larger response is refused before memory is taken for it. */
const MAX_FRAME_BYTES = 128 * 1024 * 1024;
const INITIAL_BUFFER_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const LENGTH_BYTES = 4;

/**
 * Called with a response frame: bytes [start, end) of `buffer`, correlation id first. They are overwritten when the
 * call returns.
 */
export type FrameHandler = (buffer: Buffer, start: number, end: number) => void;

/**
 * One TCP connection to a broker. The socket reads straight into the buffer that frames are taken from, so that a
 * response is never copied.
 */
export class Connection implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly socket: Socket;
  onFrame: FrameHandler = () => {};
  /** Called when all frames of one read have been handled. */
  onFramesHandled: () => void = () => {};
  /** Called once, with the reason in words, unless `close` was called first. */
  onClose: (reason: string) => void = () => {};
  #buffer = Buffer.allocUnsafe(INITIAL_BUFFER_BYTES);
  #start = 0;
  #used = 0;
  #correlationId = 0;
  #closing = false;
  #closed = false;
  /** Ends the request that waits for its answer, if one does. */
  #abandon: (reason: string) => void = () => {};

  private constructor(endpoint: Endpoint, writableHighWaterMark: number) {
    this.endpoint = endpoint;
    const options = {
      host: endpoint.host,
      port: endpoint.port,
      noDelay: true,
      writableHighWaterMark,
      onread: { buffer: () => this.#free(), callback: (size: number) => this.#received(size) },
    };
    this.socket = connect(options);
  }

  /** Throws TARGET_UNREACHABLE. */
  static async open(endpoint: Endpoint, writableHighWaterMark = 64 * 1024): Promise<Connection> {
    const connection = new Connection(endpoint, writableHighWaterMark);
    const { socket } = connection;
    const timer = setTimeout(() => socket.destroy(new Error("timed out")), CONNECT_TIMEOUT_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new HarnessError("TARGET_UNREACHABLE", `no connection to ${address(endpoint)}: ${reason}`, {
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
    connection.#watch();
    return connection;
  }

  /** One request at a time. Throws DRIVER_PROTOCOL, or TARGET_UNREACHABLE when the connection ends first. */
  async request<Request, Response>(api: Api<Request, Response>, body: Request): Promise<Response> {
    const correlationId = this.#correlationId++;
    const answer = new Promise<Response>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            this.#failure("DRIVER_PROTOCOL", `no answer to ${api.name} within ${REQUEST_TIMEOUT_MS} ms`),
          ),
        REQUEST_TIMEOUT_MS,
      );
      this.#abandon = (reason) => {
        clearTimeout(timer);
        reject(this.#failure("TARGET_UNREACHABLE", `connection ended during ${api.name}: ${reason}`));
      };
      this.onFrame = (buffer, start, end) => {
        clearTimeout(timer);
        try {
          resolve(decodeResponse(api, buffer.subarray(start, end), correlationId));
        } catch (error) {
          reject(error);
        }
      };
    });
    if (this.#closed) this.#abandon("it was closed before");
    else this.socket.write(encodeRequest(api, correlationId, body));
    return await answer;
  }

  close(): void {
    this.#closing = true;
    this.socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #failure(code: "DRIVER_PROTOCOL" | "TARGET_UNREACHABLE", message: string): HarnessError {
    return new HarnessError(code, `${address(this.endpoint)}: ${message}`);
  }

  #watch(): void {
    let reason = "closed by the broker";
    this.socket.on("error", (error) => {
      reason = error.message;
    });
    this.socket.once("close", () => {
      this.#closed = true;
      this.#abandon(this.#closing ? "closed by us" : reason);
      if (!this.#closing) this.onClose(reason);
    });
  }

  #free(): Buffer {
    return this.#buffer.subarray(this.#used);
  }

  #received(size: number): boolean {
    this.#used += size;
    while (this.#used - this.#start >= LENGTH_BYTES) {
      const frameBytes = this.#buffer.readInt32BE(this.#start);
      if (frameBytes < LENGTH_BYTES || frameBytes > MAX_FRAME_BYTES) {
        this.socket.destroy(new Error(`response frame of ${frameBytes} bytes`));
        return false;
      }
      const end = this.#start + LENGTH_BYTES + frameBytes;
      if (this.#used < end) {
        this.#makeRoom(LENGTH_BYTES + frameBytes);
        this.onFramesHandled();
        return true;
      }
      this.onFrame(this.#buffer, this.#start + LENGTH_BYTES, end);
      this.#start = end;
    }
    this.#makeRoom(INITIAL_BUFFER_BYTES);
    this.onFramesHandled();
    return true;
  }

  /** Moves what is unread to the front and sees to it that a frame of `frameBytes` fits. */
  #makeRoom(frameBytes: number): void {
    const unread = this.#used - this.#start;
    if (this.#start + frameBytes <= this.#buffer.length && this.#used < this.#buffer.length) return;
    const target = frameBytes <= this.#buffer.length ? this.#buffer : Buffer.allocUnsafe(frameBytes * 2);
    this.#buffer.copy(target, 0, this.#start, this.#used);
    this.#buffer = target;
    this.#start = 0;
    this.#used = unread;
  }
}

export function encodeRequest<Request>(
  api: Api<Request, unknown>,
  correlationId: number,
  body: Request,
): Buffer {
  const writer = new WireWriter();
  writer.claim(LENGTH_BYTES);
  requestHeader.write(writer, {
    apiKey: api.key,
    apiVersion: api.version,
    correlationId,
    clientId: CLIENT_ID,
  });
  api.request.write(writer, body);
  const request = writer.finish();
  request.writeInt32BE(request.length - LENGTH_BYTES, 0);
  return request;
}

/** `frame` without its length. Throws DRIVER_PROTOCOL. */
export function decodeResponse<Response>(
  api: Pick<Api<unknown, Response>, "name" | "response">,
  frame: Buffer,
  correlationId: number,
): Response {
  const answered = frame.readInt32BE(0);
  if (answered !== correlationId) {
    throw new HarnessError(
      "DRIVER_PROTOCOL",
      `${api.name} answered with correlation id ${answered}, not ${correlationId}`,
    );
  }
  return api.response.read(new WireReader(frame, LENGTH_BYTES));
}

export function address(endpoint: Endpoint): string {
  return `${endpoint.host}:${endpoint.port}`;
}
