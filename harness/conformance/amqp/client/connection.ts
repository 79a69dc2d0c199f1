/** A connection past its handshake, and its channels. */
import { ConformanceFailure } from "../../../src/conform/failure.ts";
import { Channel } from "./channel.ts";
import { encodeFrame, FRAME, type Frame, type Loose } from "./codec.ts";
import type { Journal } from "./journal.ts";
import { type Endpoint, PROTOCOL_HEADER, REPLY_TIMEOUT_MS, Wire } from "./wire.ts";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface ConnectionOptions extends Partial<Credentials> {
  readonly virtualHost?: string;
  /** Seconds; 0, the default, is none. */
  readonly heartbeat?: number;
  /** Taken as it is into tune-ok; default: what the server proposes. */
  readonly frameMax?: number;
  readonly channelMax?: number;
  readonly capabilities?: Readonly<Record<string, boolean>>;
}

export const CLIENT_CAPABILITIES = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  "basic.nack": true,
  consumer_cancel_notify: true,
  "connection.blocked": true,
  authentication_failure_close: true,
};

export interface ServerGreeting {
  readonly serverProperties: Readonly<Record<string, Loose>>;
  readonly mechanisms: readonly string[];
  readonly locales: readonly string[];
  readonly versionMajor: number;
  readonly versionMinor: number;
}

export interface Tuning {
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeat: number;
}

export class Connection {
  readonly wire: Wire;
  readonly greeting: ServerGreeting;
  readonly proposed: Tuning;
  readonly frameMax: number;
  /** Reasons of connection.blocked and `unblocked`, in order. */
  readonly alarms: string[] = [];
  secretUpdated = false;
  readonly #channels = new Map<number, Channel>();
  #nextChannel = 1;
  #closeOk = false;

  private constructor(wire: Wire, greeting: ServerGreeting, proposed: Tuning, frameMax: number) {
    this.wire = wire;
    this.greeting = greeting;
    this.proposed = proposed;
    this.frameMax = frameMax;
    wire.onFrame = (frame) => this.#take(frame);
  }

  static async open(
    endpoint: Endpoint,
    name: string,
    journal: Journal,
    options: ConnectionOptions = {},
  ): Promise<Connection> {
    const wire = await Wire.connect(endpoint, name, journal);
    try {
      const greeting = await greet(wire);
      login(wire, options);
      const tune = await wire.expectMethod("connection.tune");
      const proposed = tune.args as unknown as Tuning;
      const frameMax = options.frameMax ?? (proposed.frameMax || 131_072);
      const channelMax = options.channelMax ?? proposed.channelMax;
      wire.method(0, "connection.tune-ok", { frameMax, channelMax, heartbeat: options.heartbeat ?? 0 });
      wire.method(0, "connection.open", { virtualHost: options.virtualHost ?? "/" });
      await wire.expectMethod("connection.open-ok");
      return new Connection(wire, greeting, proposed, frameMax);
    } catch (error) {
      wire.destroy();
      throw error;
    }
  }

  get ending(): string | null {
    return this.wire.ending;
  }

  /** Opens the next free channel, or the given one. */
  async channel(id = this.#nextChannel): Promise<Channel> {
    this.#nextChannel = Math.max(this.#nextChannel, id + 1);
    const channel = this.adopt(id);
    await channel.call("channel.open");
    return channel;
  }

  /** A channel object for a number without channel.open. */
  adopt(id: number): Channel {
    const channel = new Channel(this, id);
    this.#channels.set(id, channel);
    return channel;
  }

  heartbeat(channel = 0): void {
    this.wire.write(encodeFrame(FRAME.heartbeat, channel, Buffer.alloc(0)));
  }

  /** connection.close and its close-ok. */
  async close(): Promise<void> {
    if (this.wire.ending !== null) return;
    this.wire.method(0, "connection.close", { replyCode: 200, replyText: "done" });
    await this.wire.until(() => this.#closeOk || undefined, REPLY_TIMEOUT_MS, "connection.close-ok");
    this.wire.socket.end();
    await this.wire.closedWithin(REPLY_TIMEOUT_MS);
  }

  /** Gone without a word, as a killed client is. */
  kill(): void {
    this.wire.socket.resetAndDestroy();
  }

  #take(frame: Frame): void {
    if (frame.type === FRAME.heartbeat) return;
    if (frame.channel !== 0) {
      this.#channels.get(frame.channel)?.receive(frame);
      return;
    }
    const name = Channel.methodOf(frame);
    if (name?.name === "connection.close-ok") this.#closeOk = true;
    else if (name?.name === "connection.blocked") this.alarms.push(`blocked: ${name.args.reason}`);
    else if (name?.name === "connection.unblocked") this.alarms.push("unblocked");
    else if (name?.name === "connection.update-secret-ok") this.secretUpdated = true;
    else
      throw new ConformanceFailure(
        "a known method on channel 0",
        name?.name ?? `frame of type ${frame.type}`,
      );
  }
}

/** Sends the protocol header and reads connection.start. */
export async function greet(wire: Wire): Promise<ServerGreeting> {
  wire.write(PROTOCOL_HEADER);
  const { args } = await wire.expectMethod("connection.start");
  return {
    serverProperties: args.serverProperties,
    mechanisms: args.mechanisms.split(" "),
    locales: args.locales.split(" "),
    versionMajor: args.versionMajor,
    versionMinor: args.versionMinor,
  };
}

/** connection.start-ok with PLAIN. */
export function login(wire: Wire, options: ConnectionOptions = {}): void {
  const { user = "guest", password = "guest", capabilities = CLIENT_CAPABILITIES } = options;
  wire.method(0, "connection.start-ok", {
    clientProperties: { product: "brokermark conform", capabilities },
    mechanism: "PLAIN",
    response: `\0${user}\0${password}`,
    locale: "en_US",
  });
}
