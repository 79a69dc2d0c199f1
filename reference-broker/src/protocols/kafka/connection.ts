/**
 * One client connection: frames in, responses out in the order of their requests. Produces may be under way many at a
 * time; any other request that takes time holds back those behind it, as Kafka does. A pipeline of fetches would
 * otherwise take the memory of all its answers at once.
 */
import type { Socket } from "node:net";
import { ProtocolError } from "../../base/buffer-reader.ts";
import type { BufferPool, Lease } from "../../base/buffer-pool.ts";
import type { BufferWriter } from "../../base/buffer-writer.ts";
import type { LogEngine } from "../../engines/log/contract.ts";
import type { Timers } from "../../mechanisms/timers.ts";
import { CloseConnection } from "./close-connection.ts";
import { decodeRequest, encodeResponse, handle, type IncomingRequest } from "./dispatch.ts";
import { type FrameBudget, FrameParser, FrameTooLarge } from "./frame-parser.ts";
import { type IdlePeer, IdleWatch } from "./idle-watch.ts";
import { produceMessage } from "./messages/00-produce.ts";
import type { Node, RequestContext } from "./request-context.ts";
import type { Message, ResponseOf } from "./schema.ts";

/** What all connections of one listener share. */
export interface ConnectionEnvironment {
  readonly engine: LogEngine;
  readonly node: Node;
  readonly autoCreateTopics: boolean;
  readonly defaultPartitions: number;
  readonly maxRequestBytes: number;
  /** Unwritten appends beyond this stop the reading of further requests. */
  readonly maxBacklogBytes: number;
  readonly frameBudget: FrameBudget;
  readonly framePool: BufferPool;
  /** One for all connections: a response is encoded in one go. */
  readonly writer: BufferWriter;
  readonly topicDefaults: Readonly<Record<string, string>>;
  readonly clock: () => number;
  readonly timers: Timers;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

const MAX_UNANSWERED = 1000;
/** A client that does not read its answers is not asked for more. */
const MAX_UNSENT_BYTES = 1024 * 1024;
const JOIN_BELOW_BYTES = 64 * 1024;

/** Resets are ordinary; `close` follows. */
const ignoreError = () => {};

interface HeldFrame {
  readonly body: Buffer;
  readonly lease: Lease | null;
}

interface Slot {
  readonly incoming: IncomingRequest;
  response: ResponseOf<Message> | null;
}

export class KafkaConnection implements IdlePeer {
  /** Of this process, from 1; the log names it so. */
  readonly #id: number;
  readonly #socket: Socket;
  readonly #environment: ConnectionEnvironment;
  readonly #parser: FrameParser;
  readonly #watch: IdleWatch;
  #closeListeners: Set<() => void> | null = null;
  #slots: Slot[] = [];
  #frames: HeldFrame[] = [];
  #out: Buffer[] = [];
  #outBytes = 0;
  #sendScheduled = false;
  #holdingForHandler = false;
  #holdingForBacklog = false;
  #isStopping = false;

  constructor(socket: Socket, environment: ConnectionEnvironment, id: number) {
    this.#id = id;
    this.#socket = socket;
    this.#environment = environment;
    this.#parser = new FrameParser(
      environment.maxRequestBytes,
      environment.frameBudget,
      environment.framePool,
    );
    this.#watch = new IdleWatch(environment.timers, this);
    socket.on("drain", () => this.#guard(() => this.#proceed()));
    socket.on("error", ignoreError);
    socket.on("close", () => this.#closed());
  }

  /** Takes what has arrived; `chunk` may be used again when this returns. */
  receive(chunk: Buffer): void {
    this.#watch.received();
    this.#guard(() => this.#receive(chunk));
  }

  /** Where the next bytes belong when they are the rest of a large request; else they go wherever the caller reads. */
  get readTarget(): Buffer | null {
    return this.#parser.target;
  }

  /** `bytes` were read into `readTarget`. */
  receivedInPlace(bytes: number): void {
    this.#watch.received();
    this.#guard(() => {
      this.#parser.advance(bytes, this.#onFrame);
      this.#watch.paceFor(this.#parser.isInFrame);
      this.#pauseIfHeld();
    });
  }

  /** Answers what was taken on, takes on nothing more, and ends. */
  stop(): void {
    this.#isStopping = true;
    this.#frames = [];
    this.#socket.pause();
    this.#tellClosing();
    this.#endIfAnswered();
  }

  #endIfAnswered(): void {
    if (this.#isStopping && this.#slots.length === 0 && !this.#sendScheduled) this.#socket.destroySoon();
  }

  #receive(chunk: Buffer): void {
    const complete = this.#parser.push(chunk, this.#onFrame);
    if (!complete) this.#environment.frameBudget.whenFreed(() => this.#guard(() => this.#retryBlocked()));
    this.#watch.paceFor(this.#parser.isInFrame);
    this.#pauseIfHeld();
  }

  #retryBlocked(): void {
    if (!this.#parser.resume(this.#onFrame)) {
      this.#environment.frameBudget.whenFreed(() => this.#guard(() => this.#retryBlocked()));
      return;
    }
    this.#watch.paceFor(this.#parser.isInFrame);
    this.#proceed();
  }

  readonly #onFrame = (body: Buffer, lease: Lease | null): void => {
    if (this.#isHeld || this.#frames.length > 0) this.#frames.push({ body, lease });
    else this.#dispatch(body, lease);
  };

  get #isHeld(): boolean {
    return this.#isHeldByUs || this.#socket.writableLength + this.#outBytes > MAX_UNSENT_BYTES;
  }

  /** What the client waits for is the broker's to do. */
  get #isHeldByUs(): boolean {
    return (
      this.#holdingForHandler ||
      this.#holdingForBacklog ||
      this.#isStopping ||
      this.#slots.length >= MAX_UNANSWERED
    );
  }

  /** Goes on with what was held back, then with reading. */
  #proceed(): void {
    let done = 0;
    while (done < this.#frames.length && !this.#isHeld) {
      const { body, lease } = this.#frames[done++]!;
      this.#dispatch(body, lease);
    }
    this.#frames = this.#frames.slice(done);
    if (this.#isHeld || this.#parser.isBlocked) return;
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #pauseIfHeld(): void {
    if (!this.#holdingForBacklog && this.#isBacklogFull) this.#holdForBacklog();
    // While only one request is under way it reads on: a socket that is not read does not tell that the peer has gone.
    if (this.#frames.length > 0 || this.#holdingForBacklog || this.#parser.isBlocked) this.#socket.pause();
  }

  get #isBacklogFull(): boolean {
    return this.#environment.engine.backlogBytes > this.#environment.maxBacklogBytes;
  }

  #holdForBacklog(): void {
    this.#holdingForBacklog = true;
    this.#environment.engine.whenBacklogFalls(() => {
      if (this.#socket.destroyed) return;
      if (this.#isBacklogFull) return this.#holdForBacklog();
      this.#holdingForBacklog = false;
      this.#guard(() => this.#proceed());
    });
  }

  #dispatch(body: Buffer, lease: Lease | null): void {
    const incoming = decodeRequest(body);
    const reply = handle(incoming, this.#context(incoming, lease));
    lease?.release();
    if (reply === null) return;
    const slot: Slot = { incoming, response: null };
    this.#slots.push(slot);
    if (!(reply instanceof Promise)) {
      slot.response = reply;
      this.#answerInOrder();
      return;
    }
    const mayOverlap = incoming.api.message.apiKey === produceMessage.apiKey;
    if (!mayOverlap) this.#holdingForHandler = true;
    reply.then(
      (response) => this.#guard(() => this.#settle(slot, response, mayOverlap)),
      (error: unknown) => this.#fail(error, incoming),
    );
  }

  #settle(slot: Slot, response: ResponseOf<Message> | null, mayOverlap: boolean): void {
    slot.response = response;
    if (!mayOverlap) this.#holdingForHandler = false;
    this.#answerInOrder();
    if (this.#frames.length > 0 || this.#socket.isPaused()) this.#proceed();
  }

  #answerInOrder(): void {
    let done = 0;
    while (done < this.#slots.length && this.#slots[done]!.response !== null) {
      const { incoming, response } = this.#slots[done++]!;
      for (const chunk of encodeResponse(this.#environment.writer, incoming, response!)) {
        this.#out.push(chunk);
        this.#outBytes += chunk.length;
      }
    }
    if (done === 0) return;
    if (done === this.#slots.length) this.#slots = [];
    else this.#slots.splice(0, done);
    if (this.#sendScheduled) return;
    this.#sendScheduled = true;
    process.nextTick(this.#send);
  }

  /** One write for all answers of this turn. */
  readonly #send = (): void => {
    this.#sendScheduled = false;
    if (this.#socket.destroyed || this.#out.length === 0) return;
    const chunks = this.#out;
    const bytes = this.#outBytes;
    this.#out = [];
    this.#outBytes = 0;
    if (chunks.length === 1) this.#socket.write(chunks[0]!);
    else if (bytes < JOIN_BELOW_BYTES) this.#socket.write(Buffer.concat(chunks, bytes));
    else {
      this.#socket.cork();
      for (const chunk of chunks) this.#socket.write(chunk);
      this.#socket.uncork();
    }
    this.#endIfAnswered();
  };

  #context(incoming: IncomingRequest, lease: Lease | null): RequestContext {
    const { engine, node, autoCreateTopics, defaultPartitions, topicDefaults, clock, timers } =
      this.#environment;
    const { apiVersion, clientId } = incoming;
    return {
      engine,
      node,
      autoCreateTopics,
      defaultPartitions,
      topicDefaults,
      apiVersion,
      clientId,
      nowMs: clock(),
      timers,
      lease,
      onClose: this.#onClose,
      fail: this.#onFailure,
    };
  }

  readonly #onClose = (listener: () => void): (() => void) => {
    this.#closeListeners ??= new Set();
    this.#closeListeners.add(listener);
    return () => this.#closeListeners?.delete(listener);
  };

  #tellClosing(): void {
    for (const listener of [...(this.#closeListeners ?? [])]) listener();
  }

  readonly #onFailure = (error: Error): void => this.#guard(() => this.#fail(error));

  /** Silence of the client is its own only while the broker is not the one who keeps it waiting. */
  get isKeptWaiting(): boolean {
    return this.#isHeldByUs || this.#parser.isBlocked;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  timedOut(): void {
    this.#socket.destroy();
  }

  #guard(step: () => void): void {
    if (this.#socket.destroyed) return;
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** `incoming`: the request it went wrong with, where one is known. */
  #fail(error: unknown, incoming: IncomingRequest | null = null): void {
    const isPeers =
      error instanceof ProtocolError || error instanceof FrameTooLarge || error instanceof CloseConnection;
    const reason = isPeers ? (error as Error).message : ((error as Error).stack ?? String(error));
    this.#environment.report(isPeers ? "connection refused" : "request failed", {
      connection: `kafka-${this.#id}`,
      ...(incoming === null ? {} : describeRequest(incoming)),
      peer: `${this.#socket.remoteAddress}:${this.#socket.remotePort}`,
      reason,
    });
    this.#socket.destroy();
  }

  #closed(): void {
    this.#parser.dispose();
    this.#frames = [];
    this.#slots = [];
    this.#watch.stop();
    this.#tellClosing();
  }
}

/** As its client knows it. */
function describeRequest({ api, correlationId, clientId }: IncomingRequest): Record<string, unknown> {
  return { request: correlationId, api: api.message.name, clientId };
}
