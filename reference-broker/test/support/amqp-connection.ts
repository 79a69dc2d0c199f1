/** A raw AMQP connection: frames go out as they are given, and come in one by one. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { decodeMethod, type MethodFields, type MethodName } from "../../src/protocols/amqp/methods/table.ts";
import { METHOD_FRAME, method, PROTOCOL_HEADER } from "./amqp-frames.ts";

export interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

export interface LoginOptions {
  readonly user?: string;
  readonly password?: string;
  readonly virtualHost?: string;
  readonly mechanism?: string;
  readonly response?: Buffer;
  readonly capabilities?: readonly string[];
  readonly frameMax?: number;
  readonly channelMax?: number;
  readonly heartbeat?: number;
}

const WAIT_LIMIT_MS = 20_000;

export class AmqpClient {
  readonly socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  readonly #frames: Frame[] = [];
  #wake: (() => void) | null = null;
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  static async connect(port: number, host = "127.0.0.1"): Promise<AmqpClient> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new AmqpClient(socket);
  }

  /** Logged in, with the connection open. */
  static async open(port: number, options: LoginOptions = {}): Promise<AmqpClient> {
    const client = await AmqpClient.connect(port);
    await client.login(options);
    return client;
  }

  async login(options: LoginOptions = {}): Promise<void> {
    await this.authenticate(options);
    const tune = await this.expect(0, "connection.tune");
    const { frameMax = tune.frameMax, channelMax = tune.channelMax, heartbeat = 0 } = options;
    this.send(0, "connection.tune-ok", { frameMax, channelMax, heartbeat });
    this.send(0, "connection.open", { virtualHost: options.virtualHost ?? "/" });
    await this.expect(0, "connection.open-ok");
  }

  /** Up to connection.start-ok. */
  async authenticate(options: LoginOptions = {}): Promise<void> {
    this.write(PROTOCOL_HEADER);
    await this.expect(0, "connection.start");
    const { user = "guest", password = "guest", mechanism = "PLAIN", capabilities = [] } = options;
    this.send(0, "connection.start-ok", {
      clientProperties: [
        [
          "capabilities",
          { type: "F", value: capabilities.map((name) => [name, { type: "t", value: true }] as const) },
        ],
      ],
      mechanism,
      response: options.response ?? Buffer.from(`\0${user}\0${password}`),
      locale: "en_US",
    });
  }

  async openChannel(channel: number): Promise<void> {
    this.send(channel, "channel.open", {});
    await this.expect(channel, "channel.open-ok");
  }

  send<Name extends MethodName>(channel: number, name: Name, fields: MethodFields[Name]): void {
    this.write(method(channel, name, fields));
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next frame, or null when the broker closed. */
  async next(): Promise<Frame | null> {
    const limit = AbortSignal.timeout(WAIT_LIMIT_MS);
    while (this.#frames.length === 0 && !this.#isClosed) {
      limit.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        limit.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    return this.#frames.shift() ?? null;
  }

  /** The fields of the next frame, which must be this method on this channel. */
  async expect<Name extends MethodName>(channel: number, name: Name): Promise<MethodFields[Name]> {
    const frame = await this.next();
    assert.ok(frame !== null, `the broker closed where ${name} was due`);
    assert.equal(frame.type, METHOD_FRAME, `frame of type ${frame.type} where ${name} was due`);
    const decoded = decodeMethod(frame.payload, 0, frame.payload.length);
    const found = `${decoded.name} on channel ${frame.channel} ${JSON.stringify(decoded.fields)}`;
    assert.equal(`${decoded.name} ${frame.channel}`, `${name} ${channel}`, found);
    return decoded.fields as MethodFields[Name];
  }

  /** The content after basic.deliver, basic.get-ok or basic.return. */
  async content(channel: number): Promise<{ properties: Buffer; body: Buffer }> {
    const head = await this.next();
    assert.deepEqual([head?.type, head?.channel], [2, channel]);
    const size = Number(head!.payload.readBigUInt64BE(4));
    const parts: Buffer[] = [];
    for (let received = 0; received < size; received += parts.at(-1)!.length) {
      const part = await this.next();
      assert.deepEqual([part?.type, part?.channel], [3, channel]);
      parts.push(part!.payload);
    }
    return { properties: head!.payload.subarray(12), body: Buffer.concat(parts) };
  }

  /** connection.close with this code, answered. */
  async expectConnectionClose(code: number): Promise<string> {
    const { replyCode, replyText } = await this.expect(0, "connection.close");
    assert.equal(replyCode, code, replyText);
    this.send(0, "connection.close-ok", {});
    await this.expectEnd();
    return replyText;
  }

  /** channel.close with this code, answered. */
  async expectChannelClose(channel: number, code: number): Promise<string> {
    const { replyCode, replyText } = await this.expect(channel, "channel.close");
    assert.equal(replyCode, code, replyText);
    this.send(channel, "channel.close-ok", {});
    return replyText;
  }

  /** The broker closes without another frame. */
  async expectEnd(): Promise<void> {
    assert.equal(await this.next(), null);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 8) {
      if (this.#pending.toString("latin1", 0, 4) === "AMQP") {
        this.#frames.push({ type: 0, channel: 0, payload: this.#pending.subarray(0, 8) });
        this.#pending = this.#pending.subarray(8);
        continue;
      }
      const end = this.#pending.readUInt32BE(3) + 8;
      if (this.#pending.length < end) break;
      const payload = Buffer.from(this.#pending.subarray(7, end - 1));
      this.#frames.push({ type: this.#pending[0]!, channel: this.#pending.readUInt16BE(1), payload });
      this.#pending = this.#pending.subarray(end);
    }
    this.#wake?.();
  }
}
