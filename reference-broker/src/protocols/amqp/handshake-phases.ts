/**
 * The beginning of a connection, step by step: protocol header, start, tune, open. It goes when the connection is open, and
 * only what was agreed on stays.
 */
import type { User } from "../../engines/identity/contract.ts";
import type { VirtualHost } from "../../engines/queues/contract.ts";
import { type Agreed, Handshake, type Peer } from "./handshake.ts";
import type { MethodFields, MethodName } from "./methods/table.ts";
import { AmqpError } from "./reply-codes.ts";
import type { AmqpEnvironment, ClientCapabilities } from "./session.ts";

/** What is waited for; over: nothing. */
type Phase = "header" | "start" | "tune" | "open" | "over";

export interface Opened {
  readonly user: User;
  readonly capabilities: ClientCapabilities;
  readonly virtualHost: VirtualHost;
}

export interface HandshakePeer {
  sendMethod<Name extends MethodName>(name: Name, fields: MethodFields[Name]): void;
  /** The client speaks another protocol: it is told this header, and the connection ends. */
  refuseProtocol(header: Buffer): void;
  tuned(agreed: Agreed): void;
  opened(opened: Opened): void;
}

const PROTOCOL_HEADER = Buffer.from("AMQP\x00\x00\x09\x01", "latin1");
const NO_BYTES = Buffer.alloc(0);

export class HandshakePhases {
  readonly #handshake: Handshake;
  readonly #peer: HandshakePeer;
  #phase: Phase = "header";
  #header: Buffer = NO_BYTES;

  constructor(environment: AmqpEnvironment, client: Peer, peer: HandshakePeer) {
    this.#handshake = new Handshake(environment, client);
    this.#peer = peer;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The part of `chunk` behind the protocol header; null while that is incomplete, or when it was another. */
  readHeader(chunk: Buffer): Buffer | null {
    if (this.#phase !== "header") return chunk;
    const missing = PROTOCOL_HEADER.length - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    const { length } = this.#header;
    if (!this.#header.equals(PROTOCOL_HEADER.subarray(0, length))) {
      this.#phase = "over";
      this.#peer.refuseProtocol(PROTOCOL_HEADER);
      return null;
    }
    if (length < PROTOCOL_HEADER.length) return null;
    this.#phase = "start";
    this.#peer.sendMethod("connection.start", this.#handshake.start());
    return chunk.subarray(missing);
  }

  /** A method on channel 0; connection.close is the caller's. Throws for one whose turn it is not. */
  receive(name: MethodName, fields: unknown): Promise<void> | undefined {
    if (name === "connection.start-ok" && this.#phase === "start") {
      return this.#startOk(fields as MethodFields["connection.start-ok"]);
    }
    if (name === "connection.tune-ok" && this.#phase === "tune") {
      this.#peer.tuned(this.#handshake.tuneOk(fields as MethodFields["connection.tune-ok"]));
      this.#phase = "open";
    } else if (name === "connection.open" && this.#phase === "open") {
      this.#open(fields as MethodFields["connection.open"]);
    } else {
      throw new AmqpError(
        "UNEXPECTED_FRAME",
        `unexpected method '${name}' in connection state ${this.#phase}`,
      );
    }
    return undefined;
  }

  /** The connection ends before it was open. */
  abandon(): void {
    this.#phase = "over";
  }

  async #startOk(fields: MethodFields["connection.start-ok"]): Promise<void> {
    const tune = await this.#handshake.startOk(fields);
    if (this.#phase !== "start") return;
    this.#phase = "tune";
    this.#peer.sendMethod("connection.tune", tune);
  }

  #open(fields: MethodFields["connection.open"]): void {
    const { capabilities } = this.#handshake;
    const user = this.#handshake.user!;
    const virtualHost = this.#handshake.open(fields, user);
    this.#phase = "over";
    this.#peer.opened({ user, capabilities, virtualHost });
  }
}
