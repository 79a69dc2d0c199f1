/** What a handler is: a function from one decoded request to its response. Sockets and frames are none of its business. */
import type { Lease } from "../../base/buffer-pool.ts";
import type { LogEngine } from "../../engines/log/contract.ts";
import type { Timers } from "../../mechanisms/timers.ts";
import type { MessageFields, RequestOf, ResponseOf } from "./schema.ts";

/** This broker as clients are told about it. */
export interface Node {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | undefined;
}

export interface RequestContext {
  readonly engine: LogEngine;
  readonly node: Node;
  readonly autoCreateTopics: boolean;
  readonly defaultPartitions: number;
  /** Defaults of topics that the broker's own configuration changes, in Kafka's words. None when absent. */
  readonly topicDefaults: Readonly<Record<string, string>>;
  readonly apiVersion: number;
  readonly clientId: string | null;
  /** When the request arrived, milliseconds since 1970. */
  readonly nowMs: number;
  /** For what waits. */
  readonly timers: Timers;
  /** There when the frame lies in pooled memory: who keeps parts of it beyond the handler's return retains it. */
  readonly lease: Lease | null;
  /** Calls `listener` when the connection closes, unless the returned function is called before. */
  onClose(listener: () => void): () => void;
  /** Ends the connection: for what goes wrong after a request that gets no response. Absent without a connection. */
  readonly fail?: (error: Error) => void;
}

/** A response, or null when the protocol wants none (Produce with acks 0). */
export type Reply<M extends MessageFields> = ResponseOf<M> | null;

export type Handler<M extends MessageFields> = (
  request: RequestOf<M>,
  context: RequestContext,
) => Reply<M> | Promise<Reply<M>>;
