/** One AMQP connection with one channel for probing, one request at a time. Not for load. */
import { connect, type Socket } from "node:net";
import { HarnessError } from "../../errors.ts";
import type { AmqpLogin, Endpoint } from "../../load/protocol.ts";
import {
  bodyBytesOf,
  decodeMethod,
  encodeFrame,
  encodeMethod,
  encodePersistentHeader,
  FRAME,
  type Frame,
  PROTOCOL_HEADER,
  readFrame,
} from "./codec.ts";
import type { DecodedMethod, FieldTable, MethodName, MethodValues } from "./methods.ts";

export const GUEST: AmqpLogin = { user: "guest", password: "guest", virtualHost: "/" };

const ANSWER_TIMEOUT_MS = 10_000;
const CHANNEL = 1;
const CAPABILITIES = { authentication_failure_close: true, publisher_confirms: true };

type OneOf<N extends MethodName> = N extends MethodName ? DecodedMethod<N> : never;

export class AmqpControl implements Disposable {
  readonly endpoint: Endpoint;
  serverProperties: FieldTable = {};
  readonly #socket: Socket;
  readonly #frames: Frame[] = [];
  #unread: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #arrived: () => void = () => undefined;

  private constructor(endpoint: Endpoint, socket: Socket) {
    this.endpoint = endpoint;
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the broker closed the connection")));
  }

  /** Connects, logs in and opens a channel; once it stands, aborting closes it too. Throws TARGET_UNREACHABLE. */
  static async open(endpoint: Endpoint, signal: AbortSignal): Promise<AmqpControl> {
    const connection = new AmqpControl(endpoint, await connected(endpoint, signal));
    try {
      await connection.#logIn(endpoint.login ?? GUEST);
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw signal.aborted ? signal.reason : error;
    }
  }

  /** Sends a method on the channel and returns what answers it. Throws TARGET_UNREACHABLE, also when it is refused. */
  async call<N extends MethodName, A extends MethodName>(
    name: N,
    values: Partial<MethodValues<N>>,
    ...answers: A[]
  ): Promise<OneOf<A>> {
    this.#send(CHANNEL, name, values);
    return await this.#receive(answers);
  }

  /** Publishes a persistent message to a queue through the default exchange, and returns whether it was confirmed. */
  async publish(queue: string, body: Buffer): Promise<boolean> {
    this.#send(CHANNEL, "basicPublish", { routingKey: queue });
    this.#socket.write(encodeFrame(FRAME.header, CHANNEL, encodePersistentHeader(body.length)));
    this.#socket.write(encodeFrame(FRAME.body, CHANNEL, body));
    const { name } = await this.#receive(["basicAck", "basicNack"]);
    return name === "basicAck";
  }

  /** Takes one message off a queue without acknowledgement; null: it is empty. */
  async get(queue: string): Promise<Buffer | null> {
    const { name } = await this.call("basicGet", { queue, bits: 1 }, "basicGetOk", "basicGetEmpty");
    if (name === "basicGetEmpty") return null;
    const header = await this.#nextFrame();
    let missing = bodyBytesOf(header.payload);
    const pieces: Buffer[] = [];
    while (missing > 0) {
      const { payload } = await this.#nextFrame();
      pieces.push(payload);
      missing -= payload.length;
    }
    return Buffer.concat(pieces);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #logIn({ user, password, virtualHost }: AmqpLogin): Promise<void> {
    this.#socket.write(PROTOCOL_HEADER);
    const { values } = await this.#receive(["connectionStart"]);
    this.serverProperties = values.serverProperties;
    this.#send(0, "connectionStartOk", {
      clientProperties: { product: "brokermark", capabilities: CAPABILITIES },
      mechanism: "PLAIN",
      response: `\0${user}\0${password}`,
      locale: "en_US",
    });
    const { values: tune } = await this.#receive(["connectionTune"]);
    this.#send(0, "connectionTuneOk", { ...tune, heartbeatSeconds: 0 });
    this.#send(0, "connectionOpen", { virtualHost });
    await this.#receive(["connectionOpenOk"]);
    await this.call("channelOpen", {}, "channelOpenOk");
  }

  #send<N extends MethodName>(channel: number, name: N, values: Partial<MethodValues<N>>): void {
    this.#socket.write(encodeFrame(FRAME.method, channel, encodeMethod(name, values)));
  }

  async #receive<A extends MethodName>(expected: readonly A[]): Promise<OneOf<A>> {
    const { payload } = await this.#nextFrame();
    const method = this.#decoded(payload);
    if (method !== null && (expected as readonly string[]).includes(method.name)) return method as OneOf<A>;
    if (method?.name === "connectionClose" || method?.name === "channelClose") {
      const { replyCode, replyText } = method.values as MethodValues<"channelClose">;
      throw this.#unreachable(`it refuses: ${replyCode} ${replyText}`);
    }
    throw this.#unreachable(`${expected.join(" or ")} expected, not ${method?.name ?? "what it sent"}`);
  }

  #decoded(payload: Buffer): DecodedMethod | null {
    try {
      return decodeMethod(payload);
    } catch (cause) {
      throw this.#unreachable(`its answer is not understood: ${(cause as Error).message}`, cause);
    }
  }

  async #nextFrame(): Promise<Frame> {
    const deadline = performance.now() + ANSWER_TIMEOUT_MS;
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.#failure !== undefined) throw this.#unreachable(this.#failure.message, this.#failure);
      if (performance.now() > deadline) throw this.#unreachable("no answer within 10 s");
      await this.#somethingOrTimeout(deadline - performance.now());
    }
  }

  #somethingOrTimeout(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #received(chunk: Buffer): void {
    try {
      this.#unread = Buffer.concat([this.#unread, chunk]);
      for (let next = readFrame(this.#unread); next !== null; next = readFrame(this.#unread)) {
        this.#unread = this.#unread.subarray(next.length);
        if (next.frame.type !== FRAME.heartbeat) this.#frames.push(next.frame);
      }
      this.#arrived();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#arrived();
  }

  #unreachable(why: string, cause?: unknown): HarnessError {
    return unreachable(this.endpoint, why, cause);
  }
}

/** Aborting destroys the socket at any later time too. */
function connected(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
    const aborted = (): void => void socket.destroy(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", aborted));
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (cause) =>
      reject(signal.aborted ? signal.reason : unreachable(endpoint, cause.message, cause)),
    );
  });
}

function unreachable({ host, port }: Endpoint, why: string, cause?: unknown): HarnessError {
  return new HarnessError("TARGET_UNREACHABLE", `broker at ${host}:${port}: ${why}`, { cause });
}
