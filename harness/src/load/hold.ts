/** What orchestrator and connection holders say to each other; how, is as in protocol.ts. */
import type { Endpoint, ProcessEvidence } from "./protocol.ts";

/** `bare`: sockets on which nothing is said. */
export type HeldProtocol = "amqp" | "kafka" | "bare";

/** Open connections, each greeted until the broker has accepted it, and keep them. Answered with `held`. */
export interface HoldConnections {
  readonly type: "hold";
  readonly endpoint: Endpoint;
  readonly protocol: HeldProtocol;
  readonly connections: number;
  /** Of all holders' connections, the place of this one's first: it decides from which address it comes. */
  readonly first: number;
  readonly openPerSecond: number;
  /** Connections that may be opening, or closing, at once. */
  readonly openAtOnce: number;
}

/** Say farewell on all of them and close them. Answered with `released`. */
export interface ReleaseConnections {
  readonly type: "release";
}

export interface Held {
  readonly type: "held";
  /** From the first connect until the last connection was accepted. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** From connect until accepted, microseconds, of every connection. */
  readonly histogram: string;
  readonly process: ProcessEvidence;
}

export interface Released {
  readonly type: "released";
  /** That the broker had ended while they were held, and the first reason. */
  readonly lost: number;
  readonly reason: string | null;
  readonly tookMs: number;
}
