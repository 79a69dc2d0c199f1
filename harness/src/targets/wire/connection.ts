/** One connection for control requests, one at a time: probes, configuration, features. Not for load. */
import { connect, type Socket } from "node:net";
import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";
import { decodeFields, encodeRequest, responseHeaderLength } from "./codec.ts";
import { type ApiName, MESSAGES } from "./messages.ts";
import type { Message, PartialStruct, Struct } from "./notation.ts";

type Request<A extends ApiName> = PartialStruct<(typeof MESSAGES)[A]["request"]>;
type Response<A extends ApiName> = Struct<(typeof MESSAGES)[A]["response"]>;

const CLIENT_ID = "brokermark";
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

export class ControlConnection implements Disposable {
  readonly endpoint: Endpoint;
  readonly #socket: Socket;
  readonly #frames = new FrameReader();
  #correlationId = 0;
  #versions: ReadonlyMap<number, { min: number; max: number }> = new Map();
  #failure: Error | undefined;
  #waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void } | undefined;

  private constructor(endpoint: Endpoint, socket: Socket) {
    this.endpoint = endpoint;
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the broker closed the connection")));
  }

  /** Connects and learns the versions the broker speaks. Throws TARGET_UNREACHABLE. */
  static async open(endpoint: Endpoint, signal: AbortSignal): Promise<ControlConnection> {
    const socket = await connected(endpoint, signal);
    const connection = new ControlConnection(endpoint, socket);
    try {
      const known = await connection.request("apiVersions", {}, 0);
      connection.#versions = new Map(
        known.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
          apiKey,
          { min: minVersion, max: maxVersion },
        ]),
      );
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  }

  supports(api: ApiName): boolean {
    return this.#commonVersion(MESSAGES[api]) !== null;
  }

  /** In the newest version both sides speak, unless one is given. Throws TARGET_UNREACHABLE. */
  async request<A extends ApiName>(api: A, values: Request<A>, version?: number): Promise<Response<A>> {
    const message: Message = MESSAGES[api];
    const spoken = version ?? this.#commonVersion(message);
    if (spoken === null) throw this.#unreachable(`it does not speak ${api} ${message.min} to ${message.max}`);
    const payload = encodeRequest(
      message,
      spoken,
      ++this.#correlationId,
      CLIENT_ID,
      values as PartialStruct<[]>,
    );
    const size = Buffer.alloc(4);
    size.writeInt32BE(payload.length);
    const frame = await this.#exchange(Buffer.concat([size, payload]));
    const header = responseHeaderLength(message, spoken);
    try {
      return decodeFields(message.response, spoken, spoken >= message.flexible, frame, header) as Response<A>;
    } catch (cause) {
      throw this.#unreachable(`its ${api} answer is not understood: ${(cause as Error).message}`, cause);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #commonVersion(message: Message): number | null {
    const theirs = this.#versions.get(message.key);
    if (theirs === undefined) return null;
    const version = Math.min(theirs.max, message.max);
    return version < Math.max(theirs.min, message.min) ? null : version;
  }

  async #exchange(bytes: Buffer): Promise<Buffer> {
    if (this.#failure !== undefined) throw this.#unreachable(this.#failure.message, this.#failure);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        timer = setTimeout(() => reject(new Error("no answer within 10 s")), REQUEST_TIMEOUT_MS);
        this.#socket.write(bytes);
      });
    } catch (cause) {
      this.#socket.destroy();
      throw this.#unreachable((cause as Error).message, cause);
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  #received(chunk: Buffer): void {
    try {
      const frame = this.#frames.push(chunk);
      if (frame !== null) this.#waiting?.resolve(frame);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(error);
  }

  #unreachable(why: string, cause?: unknown): HarnessError {
    return unreachable(this.endpoint, why, cause);
  }
}

/** Collects one length-prefixed frame at a time; one request is under way at most, so nothing follows it. */
class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): Buffer | null {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < 4) return null;
    const head = this.#chunks[0]!.length >= 4 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    const size = head.readInt32BE(0);
    if (size < 4 || size > MAX_RESPONSE_BYTES)
      throw new Error(`it answers with a frame of ${size} bytes: no Kafka broker?`);
    if (this.#length < size + 4) return null;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#length = 0;
    return all.subarray(4, size + 4);
  }
}

function connected(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
    const aborted = (): void => void socket.destroy(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    socket.once("connect", () => {
      signal.removeEventListener("abort", aborted);
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (cause) => {
      signal.removeEventListener("abort", aborted);
      reject(signal.aborted ? signal.reason : unreachable(endpoint, cause.message, cause));
    });
  });
}

function unreachable({ host, port }: Endpoint, why: string, cause?: unknown): HarnessError {
  return new HarnessError("TARGET_UNREACHABLE", `broker at ${host}:${port}: ${why}`, { cause });
}
