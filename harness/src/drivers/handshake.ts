/** How a connection comes to be held open and idle: what is said on it, as bytes in and bytes out. */
import type { Endpoint } from "../load/protocol.ts";
import type { HeldProtocol } from "../load/hold.ts";
import { AmqpHandshake } from "./amqp/handshake.ts";
import { KafkaHandshake } from "./kafka/handshake.ts";

export interface Handshake {
  /** `ready`: the broker has accepted the connection and waits; `ended`: it has taken the farewell. */
  readonly state: "greeting" | "ready" | "ended";
  /** What to send when the connection is established; empty where nothing is said. */
  greeting(): Buffer;
  /** Takes what has arrived and returns what to answer, which may be empty. Throws DRIVER_PROTOCOL when refused. */
  receive(bytes: Buffer): Buffer;
  /** What to send before closing; the state is `ended` at once where the protocol has no farewell. */
  farewell(): Buffer;
}

export function handshakeOf(protocol: HeldProtocol, endpoint: Endpoint): Handshake {
  if (protocol === "amqp") return new AmqpHandshake(endpoint.login);
  return protocol === "kafka" ? new KafkaHandshake() : new BareHandshake();
}

const NOTHING = Buffer.alloc(0);

/** A connection on which nothing is ever said: what sockets alone cost. */
class BareHandshake implements Handshake {
  state: Handshake["state"] = "ready";

  greeting(): Buffer {
    return NOTHING;
  }

  receive(): Buffer {
    return NOTHING;
  }

  farewell(): Buffer {
    this.state = "ended";
    return NOTHING;
  }
}
