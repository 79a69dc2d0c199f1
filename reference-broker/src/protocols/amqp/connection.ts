/**
 * One client connection: protocol header, frames to the handshake and to channels, closing. Methods of a connection
 * happen in the order they came: one that has to wait for the store holds back those behind it.
 */
import type { Socket } from "node:net";
import type { User } from "../../engines/identity/contract.ts";
import type { VirtualHost } from "../../engines/queues/contract.ts";
import type { TimerTarget } from "../../mechanisms/timers.ts";
import { asAmqpError } from "./as-amqp-error.ts";
import { Channel } from "./channel.ts";
import { receiveContentFrame, receiveMethod } from "./channel-frames.ts";
import type { Consumer } from "./consumer.ts";
import { FrameHold } from "./frame-hold.ts";
import { type Agreed, FRAME_MIN, Handshake, type Peer, SilentClose } from "./handshake.ts";
import { Heartbeat, type HeartbeatPeer } from "./heartbeat.ts";
import { decodeMethod, METHODS, type MethodFields, type MethodName } from "./methods/table.ts";
import { Output, type TurnEnd } from "./output.ts";
import { AmqpError, REPLY_CODES } from "./reply-codes.ts";
import type { AmqpEnvironment, ClientCapabilities, Session } from "./session.ts";
import { FRAME, FrameParser } from "./wire/frame-parser.ts";
import type { FrameWriter } from "./wire/frame-writer.ts";

type Phase = "header" | "start" | "tune" | "open" | "running" | "closing" | "closed";

const PROTOCOL_HEADER = Buffer.from("AMQP\x00\x00\x09\x01", "latin1");
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** For close-ok, before the socket is cut. */
const CLOSE_TIMEOUT_MS = 10_000;
/** Settlements on a channel that is closed already are no error. */
const SETTLEMENTS: ReadonlySet<MethodName> = new Set(["basic.ack", "basic.nack", "basic.reject"]);

export class AmqpConnection implements Session, TimerTarget, HeartbeatPeer {
  readonly environment: AmqpEnvironment;
  readonly #socket: Socket;
  readonly #handshake: Handshake;
  readonly #parser = new FrameParser(FRAME_MIN);
  readonly #output: Output;
  readonly #hold = new FrameHold();
  readonly #channels = new Map<number, Channel>();
  readonly #closedChannels = new Set<number>();
  #phase: Phase = "header";
  #header: Buffer = Buffer.alloc(0);
  #agreed: Agreed | null = null;
  #virtualHost: VirtualHost | null = null;
  #heartbeat: Heartbeat | null = null;
  /** Ends the handshake, or the wait for close-ok. */
  #deadline = 0;
  #unwatchAlarm: (() => void) | null = null;
  #isReading = false;
  #toResume: Consumer[] = [];
  #toConfirm: Channel[] = [];

  constructor(socket: Socket, environment: AmqpEnvironment, turnEnd: TurnEnd, peer: Peer) {
    this.environment = environment;
    this.#socket = socket;
    this.#handshake = new Handshake(environment, peer);
    this.#output = new Output(socket, turnEnd, this.#resumeAll);
    this.#setDeadline(HANDSHAKE_TIMEOUT_MS);
    socket.on("error", () => {}); // resets are ordinary; `close` follows
    socket.on("close", () => this.#closed());
  }

  get virtualHost(): VirtualHost {
    return this.#virtualHost!;
  }

  get user(): User {
    return this.#handshake.user!;
  }

  get capabilities(): ClientCapabilities {
    return this.#handshake.capabilities;
  }

  get writer(): FrameWriter {
    return this.#output.writer;
  }

  get takesDeliveries(): boolean {
    return this.#output.takesDeliveries;
  }

  get takesReplies(): boolean {
    return this.#output.takesReplies;
  }

  get owner(): object {
    return this;
  }

  get isHeldByUs(): boolean {
    return this.#hold.isHeld;
  }

  /** Takes what has arrived; `chunk` may be used again when this returns. */
  receive(chunk: Buffer): void {
    if (this.#phase === "closed") return;
    this.#heartbeat?.received();
    this.#isReading = true;
    try {
      const frames = this.#phase === "header" ? this.#readHeader(chunk) : chunk;
      if (frames !== null) this.#parser.push(frames, this.#onFrame);
    } catch (error) {
      this.#fail(0, error);
    }
    this.#afterReading();
  }

  /** Tells the client that the broker stops. */
  stop(): void {
    if (this.#phase === "running" || this.#phase === "open") {
      this.disconnectClient("broker forced connection closure with reason 'shutdown'");
    } else if (this.#phase !== "closing") {
      this.#socket.destroy();
    }
  }

  #readHeader(chunk: Buffer): Buffer | null {
    const missing = PROTOCOL_HEADER.length - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    const { length } = this.#header;
    if (!this.#header.equals(PROTOCOL_HEADER.subarray(0, length))) {
      this.#phase = "closed";
      this.#socket.end(PROTOCOL_HEADER);
      return null;
    }
    if (length < PROTOCOL_HEADER.length) return null;
    this.#phase = "start";
    this.#send("connection.start", this.#handshake.start());
    return chunk.subarray(missing);
  }

  readonly #onFrame = (type: number, channel: number, bytes: Buffer, start: number, end: number): void => {
    if (this.#phase === "closed") return;
    if (this.#hold.mustWait) {
      this.#hold.push({ type, channel, payload: Buffer.from(bytes.subarray(start, end)) });
    } else {
      this.#handle(type, channel, bytes, start, end);
    }
  };

  #handle(type: number, channel: number, bytes: Buffer, start: number, end: number): void {
    try {
      const done =
        channel === 0
          ? this.#handleOwn(type, bytes, start, end)
          : this.#handleOfChannel(type, channel, bytes, start, end);
      if (done !== undefined) this.#holdUntil(channel, done);
    } catch (error) {
      this.#fail(channel, error);
    }
  }

  #holdUntil(channel: number, done: Promise<void>): void {
    this.#hold.hold("operation");
    done.then(
      () => this.#goOn("operation"),
      (error: unknown) => {
        this.#fail(channel, error);
        this.#goOn("operation");
      },
    );
  }

  /** One cause to wait is gone: what was held back happens now, then reading goes on. */
  #goOn(reason: "operation" | "queue-full" | "alarm"): void {
    this.#hold.release(reason);
    if (this.#phase === "closed") return;
    this.#isReading = true;
    for (let frame = this.#hold.shift(); frame !== null; frame = this.#hold.shift()) {
      this.#handle(frame.type, frame.channel, frame.payload, 0, frame.payload.length);
    }
    this.#afterReading();
  }

  /** Credit and confirms of many frames at once; then the socket reads on or not. */
  #afterReading(): void {
    this.#isReading = false;
    this.#resumeConsumers();
    for (const channel of this.#toConfirm) {
      channel.isToBeConfirmed = false;
      channel.flushConfirms();
    }
    if (this.#toConfirm.length > 0) this.#toConfirm = [];
    if (this.#hold.isHeld) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #resumeConsumers(): void {
    while (this.#toResume.length > 0) {
      const consumers = this.#toResume;
      this.#toResume = [];
      for (const consumer of consumers) {
        consumer.isToBeResumed = false;
        if (!consumer.isCancelled) consumer.queue.resume(consumer);
      }
    }
  }

  #handleOwn(type: number, bytes: Buffer, start: number, end: number): Promise<void> | undefined {
    if (type === FRAME.heartbeat) return undefined;
    if (type !== FRAME.method)
      throw new AmqpError("UNEXPECTED_FRAME", "unexpected content frame on channel 0");
    const { name, fields } = decodeMethod(bytes, start, end);
    if (this.#phase === "closing") {
      if (name === "connection.close-ok") this.#end();
      else if (name === "connection.close") this.#send("connection.close-ok", {});
    } else if (name === "connection.close" && this.#phase !== "start") {
      this.#closedByClient();
    } else if (name === "connection.start-ok" && this.#phase === "start") {
      return this.#startOk(fields as MethodFields["connection.start-ok"]);
    } else if (name === "connection.tune-ok" && this.#phase === "tune") {
      this.#tuneOk(fields as MethodFields["connection.tune-ok"]);
    } else if (name === "connection.open" && this.#phase === "open") {
      this.#open(fields as MethodFields["connection.open"]);
    } else if (name === "connection.update-secret" && this.#phase === "running") {
      return this.#updateSecret(fields as MethodFields["connection.update-secret"]);
    } else if (this.#phase === "running") {
      throw new AmqpError("CHANNEL_ERROR", `unexpected method '${name}' on channel 0`);
    } else {
      throw new AmqpError(
        "UNEXPECTED_FRAME",
        `unexpected method '${name}' in connection state ${this.#phase}`,
      );
    }
    return undefined;
  }

  async #startOk(fields: MethodFields["connection.start-ok"]): Promise<void> {
    const tune = await this.#handshake.startOk(fields);
    if (this.#phase !== "start") return;
    this.#phase = "tune";
    this.#send("connection.tune", tune);
  }

  #tuneOk(fields: MethodFields["connection.tune-ok"]): void {
    const agreed = this.#handshake.tuneOk(fields);
    this.#agreed = agreed;
    this.#parser.maxFrameBytes = agreed.frameMax;
    this.writer.maxFrameBytes = agreed.frameMax;
    if (agreed.heartbeatSeconds > 0) {
      this.#heartbeat = new Heartbeat(this.environment.timers, this, agreed.heartbeatSeconds);
    }
    this.#phase = "open";
  }

  #open(fields: MethodFields["connection.open"]): void {
    this.#virtualHost = this.#handshake.open(fields, this.user);
    this.#clearDeadline();
    this.#phase = "running";
    this.#send("connection.open-ok", {});
  }

  async #updateSecret(fields: MethodFields["connection.update-secret"]): Promise<void> {
    await this.#handshake.updateSecret(fields, this.user);
    this.#send("connection.update-secret-ok", {});
  }

  #handleOfChannel(
    type: number,
    number: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): Promise<void> | undefined {
    if (this.#phase === "closing") return undefined;
    if (type === FRAME.heartbeat || this.#phase !== "running") {
      throw new AmqpError("UNEXPECTED_FRAME", `unexpected frame of type ${type} on channel ${number}`);
    }
    const channel = this.#channels.get(number);
    if (channel === undefined) return this.#handleUnopened(type, number, bytes, start, end);
    if (type === FRAME.method) return receiveMethod(channel, bytes, start, end);
    receiveContentFrame(channel, type, bytes, start, end);
    return undefined;
  }

  #handleUnopened(type: number, number: number, bytes: Buffer, start: number, end: number): undefined {
    if (type !== FRAME.method) {
      throw new AmqpError("UNEXPECTED_FRAME", "expected method frame, got non method frame instead");
    }
    const { name } = decodeMethod(bytes, start, end);
    if (SETTLEMENTS.has(name) && this.#closedChannels.has(number)) return undefined;
    if (name !== "channel.open") throw new AmqpError("CHANNEL_ERROR", "expected 'channel.open'");
    const { channelMax } = this.#agreed!;
    if (this.#channels.size >= channelMax) {
      throw new AmqpError(
        "NOT_ALLOWED",
        `number of channels opened (${this.#channels.size}) has reached the negotiated channel_max (${channelMax})`,
      );
    }
    const channel = new Channel(this, number);
    this.#channels.set(number, channel);
    this.#closedChannels.delete(number);
    channel.send("channel.open-ok", {});
    return undefined;
  }

  sendLater(): void {
    this.#output.later();
  }

  sendSoon(): void {
    this.#output.soon();
  }

  resumeLater(consumer: Consumer): void {
    if (consumer.isToBeResumed) return;
    consumer.isToBeResumed = true;
    this.#toResume.push(consumer);
    if (!this.#isReading && this.#toResume.length === 1) queueMicrotask(() => this.#resumeConsumers());
  }

  confirmLater(channel: Channel): void {
    if (channel.isToBeConfirmed) return;
    channel.isToBeConfirmed = true;
    this.#toConfirm.push(channel);
  }

  holdForRoom(): void {
    if (this.#hold.has("queue-full")) return;
    this.#hold.hold("queue-full");
    this.virtualHost.whenRoom(() => this.#goOn("queue-full"));
  }

  /** Called at the first frame of each publish. */
  publishing(): void {
    const { alarm } = this.environment.engine;
    if (alarm.reason === null || this.#hold.has("alarm")) return;
    this.#hold.hold("alarm");
    this.#unwatchAlarm ??= alarm.watch(() => this.#alarmChanged());
    if (this.capabilities.connectionBlocked) this.#send("connection.blocked", { reason: alarm.reason });
  }

  #alarmChanged(): void {
    if (this.environment.engine.alarm.reason !== null || !this.#hold.has("alarm")) return;
    if (this.capabilities.connectionBlocked) this.#send("connection.unblocked", {});
    this.#goOn("alarm");
  }

  forget(channel: Channel): void {
    this.#channels.delete(channel.number);
    this.#closedChannels.add(channel.number);
  }

  closeChannel(channel: Channel, error: AmqpError): void {
    if (channel.isOpen) this.#closeChannel(channel, error, 0, 0);
  }

  disconnectClient(reason: string): void {
    this.#close(new AmqpError("CONNECTION_FORCED", reason), 0, 0);
  }

  readonly #resumeAll = (): void => {
    for (const channel of this.#channels.values()) channel.resumeConsumers();
    this.#resumeConsumers();
  };

  takeHasSent(): boolean {
    const { hasSent } = this.#output;
    this.#output.hasSent = false;
    return hasSent;
  }

  sendHeartbeat(): void {
    // A client that does not read gets no heartbeats on top of what waits for it already.
    if (this.#output.backlogBytes > 0) return;
    this.writer.heartbeat();
    this.#output.send();
    this.#output.hasSent = false; // or the next one would wait a whole interval
  }

  heartbeatMissed(): void {
    this.#report("missed heartbeats from client");
    this.#socket.destroy();
  }

  /** Called by the timers: the handshake took too long, or the client does not let the connection end. */
  expired(): void {
    this.#deadline = 0;
    if (this.#phase !== "closing" && this.#phase !== "closed") this.#report("handshake timeout");
    this.#socket.destroy();
  }

  #send<Name extends MethodName>(name: Name, fields: MethodFields[Name]): void {
    this.writer.method(0, METHODS[name], fields);
    this.sendLater();
  }

  #fail(number: number, thrown: unknown): void {
    if (this.#phase === "closed" || this.#phase === "closing") return;
    if (thrown instanceof SilentClose || this.#phase === "tune") {
      this.#report((thrown as Error).message);
      this.#phase = "closed";
      this.#socket.destroy();
      return;
    }
    const { error, isOurs } = asAmqpError(thrown);
    if (isOurs) this.#report((thrown as Error).stack ?? String(thrown));
    const channel = this.#channels.get(number);
    const classId = channel?.methodClassId ?? 0;
    const methodId = channel?.methodId ?? 0;
    if (channel?.isOpen && REPLY_CODES[error.reply].closes === "channel") {
      this.#closeChannel(channel, error, classId, methodId);
    } else {
      this.#close(error, classId, methodId);
    }
  }

  #closeChannel(channel: Channel, { code, replyText }: AmqpError, classId: number, methodId: number): void {
    channel.flushConfirms();
    channel.send("channel.close", { replyCode: code, replyText, classId, methodId });
    channel.release();
  }

  #close({ code, replyText }: AmqpError, classId: number, methodId: number): void {
    if (this.#phase === "closing" || this.#phase === "closed") return;
    this.#phase = "closing";
    this.#report(replyText);
    this.#releaseChannels();
    this.#send("connection.close", { replyCode: code, replyText, classId, methodId });
    this.#hold.clear();
    this.#heartbeat?.stop();
    this.#setDeadline(CLOSE_TIMEOUT_MS);
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #closedByClient(): void {
    this.#releaseChannels();
    this.#send("connection.close-ok", {});
    this.#end();
  }

  #end(): void {
    this.#output.send();
    this.#phase = "closed";
    this.#socket.destroySoon();
    this.#setDeadline(CLOSE_TIMEOUT_MS);
  }

  #releaseChannels(): void {
    for (const channel of this.#channels.values()) channel.release();
    this.#channels.clear();
    this.#virtualHost?.releaseOwner(this);
  }

  #closed(): void {
    this.#phase = "closed";
    this.#clearDeadline();
    this.#heartbeat?.stop();
    this.#unwatchAlarm?.();
    this.#hold.clear();
    this.#releaseChannels();
    this.#parser.dispose();
  }

  #setDeadline(ms: number): void {
    this.#clearDeadline();
    const { timers } = this.environment;
    this.#deadline = timers.schedule(timers.now() + ms, this, 0);
  }

  #clearDeadline(): void {
    this.environment.timers.cancel(this.#deadline);
    this.#deadline = 0;
  }

  #report(reason: string): void {
    const peer = `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
    this.environment.report("amqp connection", { peer, reason });
  }
}
