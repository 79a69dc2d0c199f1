/**
 * One client connection: handshake, channels, closing. Methods of a connection happen in the order they came: one that has
 * to wait for the store holds back those behind it.
 */
import type { Socket } from "node:net";
import { invariant } from "../../base/invariant.ts";
import type { User } from "../../engines/identity/contract.ts";
import type { VirtualHost } from "../../engines/queues/contract.ts";
import { asAmqpError } from "./as-amqp-error.ts";
import { Channel } from "./channel.ts";
import { receiveContentFrame, receiveMethod } from "./channel-frames.ts";
import { ChannelTable } from "./channel-table.ts";
import type { Consumer } from "./consumer.ts";
import { type Agreed, FRAME_MIN, NO_CAPABILITIES, type Peer, SilentClose } from "./handshake.ts";
import { type HandshakePeer, HandshakePhases, type Opened } from "./handshake-phases.ts";
import { type FrameHandler, IncomingFrames } from "./incoming-frames.ts";
import { Liveness, type LivenessPeer } from "./liveness.ts";
import { decodeMethod, METHODS, type MethodFields, type MethodName } from "./methods/table.ts";
import { Output, type TurnEnd } from "./output.ts";
import { AmqpError, REPLY_CODES } from "./reply-codes.ts";
import type { AmqpEnvironment, ClientCapabilities, Session } from "./session.ts";
import { updateSecret } from "./update-secret.ts";
import { FRAME } from "./wire/frame-parser.ts";
import type { FrameWriter } from "./wire/frame-writer.ts";

type Phase = "handshake" | "running" | "closing" | "closed";

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** For close-ok, before the socket is cut. */
const CLOSE_TIMEOUT_MS = 10_000;
/** Settlements on a channel that is closed already are no error. */
const SETTLEMENTS: ReadonlySet<MethodName> = new Set(["basic.ack", "basic.nack", "basic.reject"]);

/** Resets are ordinary; `close` follows. */
const ignoreError = () => {};

export class AmqpConnection implements Session, FrameHandler, HandshakePeer, LivenessPeer {
  /** Of this process, from 1; the log names it so. */
  readonly #id: number;
  readonly environment: AmqpEnvironment;
  readonly #socket: Socket;
  readonly #isLoopback: boolean;
  readonly #frames: IncomingFrames;
  readonly #output: Output;
  readonly #liveness: Liveness;
  readonly #channels = new ChannelTable();
  #phase: Phase = "handshake";
  /** null once it is over. */
  #handshake: HandshakePhases | null;
  #channelMax = 0;
  #virtualHost: VirtualHost | null = null;
  #user: User | null = null;
  #capabilities: ClientCapabilities = NO_CAPABILITIES;
  #unwatchAlarm: (() => void) | null = null;

  constructor(socket: Socket, environment: AmqpEnvironment, turnEnd: TurnEnd, peer: Peer, id: number) {
    this.#id = id;
    this.environment = environment;
    this.#socket = socket;
    this.#isLoopback = peer.isLoopback;
    this.#handshake = new HandshakePhases(environment, peer, this);
    this.#frames = new IncomingFrames(socket, this, FRAME_MIN);
    this.#output = new Output(socket, turnEnd, this.#resumeAll);
    this.#liveness = new Liveness(environment.timers, this);
    this.#liveness.setDeadline(HANDSHAKE_TIMEOUT_MS);
    socket.on("error", ignoreError);
    socket.on("close", () => this.#closed());
  }

  get virtualHost(): VirtualHost {
    invariant(this.#virtualHost !== null, "the connection is open");
    return this.#virtualHost;
  }

  get user(): User {
    invariant(this.#user !== null, "the client is known");
    return this.#user;
  }

  get capabilities(): ClientCapabilities {
    return this.#capabilities;
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
    return this.#frames.isHeld;
  }

  get isClosed(): boolean {
    return this.#phase === "closed";
  }

  /** Takes what has arrived; `chunk` may be used again when this returns. */
  receive(chunk: Buffer): void {
    if (this.#phase === "closed") return;
    this.#liveness.received();
    const frames = this.#handshake === null ? chunk : this.#handshake.readHeader(chunk);
    if (frames !== null) this.#frames.read(frames);
  }

  /** Tells the client that the broker stops. */
  stop(): void {
    if (this.#phase === "running" || this.#handshake?.phase === "open") {
      this.disconnectClient("broker forced connection closure with reason 'shutdown'");
    } else if (this.#phase !== "closing") {
      this.#socket.destroy();
    }
  }

  handleFrame(
    type: number,
    channel: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): Promise<void> | undefined {
    if (channel === 0) return this.#handleOwn(type, bytes, start, end);
    if (this.#phase === "closing") return undefined;
    if (type === FRAME.heartbeat || this.#phase !== "running") {
      throw new AmqpError("UNEXPECTED_FRAME", `unexpected frame of type ${type} on channel ${channel}`);
    }
    const open = this.#channels.get(channel);
    if (open === undefined) return this.#handleUnopened(type, channel, bytes, start, end);
    if (type === FRAME.method) return receiveMethod(open, bytes, start, end);
    receiveContentFrame(open, type, bytes, start, end);
    return undefined;
  }

  #handleOwn(type: number, bytes: Buffer, start: number, end: number): Promise<void> | undefined {
    if (type === FRAME.heartbeat) return undefined;
    if (type !== FRAME.method)
      throw new AmqpError("UNEXPECTED_FRAME", "unexpected content frame on channel 0");
    const { name, fields } = decodeMethod(bytes, start, end);
    if (this.#phase === "closing") {
      if (name === "connection.close-ok") this.#end();
      else if (name === "connection.close") this.sendMethod("connection.close-ok", {});
    } else if (name === "connection.close" && this.#handshake?.phase !== "start") {
      this.#closedByClient();
    } else if (this.#handshake !== null) {
      return this.#handshake.receive(name, fields);
    } else if (name === "connection.update-secret") {
      return this.#updateSecret(fields as MethodFields["connection.update-secret"]);
    } else {
      throw new AmqpError("CHANNEL_ERROR", `unexpected method '${name}' on channel 0`);
    }
    return undefined;
  }

  refuseProtocol(header: Buffer): void {
    this.#phase = "closed";
    this.#socket.end(header);
  }

  tuned({ channelMax, frameMax, heartbeatSeconds }: Agreed): void {
    this.#channelMax = channelMax;
    this.#frames.maxFrameBytes = frameMax;
    this.writer.maxFrameBytes = frameMax;
    if (heartbeatSeconds > 0) this.#liveness.startHeartbeats(heartbeatSeconds);
  }

  opened({ user, capabilities, virtualHost }: Opened): void {
    this.#user = user;
    this.#capabilities = capabilities;
    this.#virtualHost = virtualHost;
    this.#handshake = null;
    this.#liveness.clearDeadline();
    this.#phase = "running";
    this.sendMethod("connection.open-ok", {});
  }

  async #updateSecret(fields: MethodFields["connection.update-secret"]): Promise<void> {
    await updateSecret(this.environment.identity, fields, this.user, this.#isLoopback);
    this.sendMethod("connection.update-secret-ok", {});
  }

  #handleUnopened(type: number, number: number, bytes: Buffer, start: number, end: number): undefined {
    if (type !== FRAME.method) {
      throw new AmqpError("UNEXPECTED_FRAME", "expected method frame, got non method frame instead");
    }
    const { name } = decodeMethod(bytes, start, end);
    if (SETTLEMENTS.has(name) && this.#channels.wasClosed(number)) return undefined;
    if (name !== "channel.open") throw new AmqpError("CHANNEL_ERROR", "expected 'channel.open'");
    const { count } = this.#channels;
    if (count >= this.#channelMax) {
      throw new AmqpError(
        "NOT_ALLOWED",
        `number of channels opened (${count}) has reached the negotiated channel_max (${this.#channelMax})`,
      );
    }
    const channel = new Channel(this, number);
    this.#channels.add(channel);
    channel.send("channel.open-ok", {});
    return undefined;
  }

  sendMethod<Name extends MethodName>(name: Name, fields: MethodFields[Name]): void {
    this.writer.method(0, METHODS[name], fields);
    this.sendLater();
  }

  sendLater(): void {
    this.#output.later();
  }

  sendSoon(): void {
    this.#output.soon();
  }

  resumeLater(consumer: Consumer): void {
    this.#frames.resumeLater(consumer);
  }

  confirmLater(channel: Channel): void {
    this.#frames.confirmLater(channel);
  }

  holdForRoom(): void {
    if (this.#frames.isHeldFor("queue-full")) return;
    this.#frames.hold("queue-full");
    this.virtualHost.whenRoom(() => this.#frames.goOn("queue-full"));
  }

  /** Called at the first frame of each publish. */
  publishing(): void {
    const { alarm } = this.environment.engine;
    if (alarm.reason === null || this.#frames.isHeldFor("alarm")) return;
    this.#frames.hold("alarm");
    this.#unwatchAlarm ??= alarm.watch(() => this.#alarmChanged());
    if (this.#capabilities.connectionBlocked) this.sendMethod("connection.blocked", { reason: alarm.reason });
  }

  #alarmChanged(): void {
    if (this.environment.engine.alarm.reason !== null || !this.#frames.isHeldFor("alarm")) return;
    if (this.#capabilities.connectionBlocked) this.sendMethod("connection.unblocked", {});
    this.#frames.goOn("alarm");
  }

  readonly #resumeAll = (): void => {
    for (const channel of this.#channels.values()) channel.resumeConsumers();
    this.#frames.resumeConsumers();
  };

  forget(channel: Channel): void {
    this.#channels.forget(channel);
  }

  closeChannel(channel: Channel, error: AmqpError): void {
    if (channel.isOpen) this.#closeChannel(channel, error, 0, 0);
  }

  disconnectClient(reason: string): void {
    this.#close(new AmqpError("CONNECTION_FORCED", reason), 0, 0);
  }

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

  /** The handshake took too long, or the client does not let the connection end. */
  deadlinePassed(): void {
    if (this.#phase === "handshake") this.#report("handshake timeout");
    this.#socket.destroy();
  }

  failed(number: number, thrown: unknown): void {
    if (this.#phase === "closed" || this.#phase === "closing") return;
    if (thrown instanceof SilentClose || this.#handshake?.phase === "tune") {
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
    this.#handshake?.abandon();
    this.#report(replyText);
    this.#releaseChannels();
    this.sendMethod("connection.close", { replyCode: code, replyText, classId, methodId });
    this.#liveness.stopHeartbeats();
    this.#liveness.setDeadline(CLOSE_TIMEOUT_MS);
    this.#frames.forgetHeld();
  }

  #closedByClient(): void {
    this.#releaseChannels();
    this.sendMethod("connection.close-ok", {});
    this.#end();
  }

  #end(): void {
    this.#output.send();
    this.#phase = "closed";
    this.#handshake?.abandon();
    this.#socket.destroySoon();
    this.#liveness.setDeadline(CLOSE_TIMEOUT_MS);
  }

  #releaseChannels(): void {
    this.#channels.releaseAll();
    this.#virtualHost?.releaseOwner(this);
  }

  #closed(): void {
    this.#phase = "closed";
    this.#handshake?.abandon();
    this.#liveness.clearDeadline();
    this.#liveness.stopHeartbeats();
    this.#unwatchAlarm?.();
    this.#releaseChannels();
    this.#frames.dispose();
  }

  #report(reason: string): void {
    const peer = `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
    this.environment.report("amqp connection", { connection: `amqp-${this.#id}`, peer, reason });
  }
}
