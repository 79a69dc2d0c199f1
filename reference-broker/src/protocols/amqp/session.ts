/** What channels and handlers see of their connection, and what all connections share. */
import type { Identity, User } from "../../engines/identity/contract.ts";
import type { QueueEngine, VirtualHost } from "../../engines/queues/contract.ts";
import type { Timers } from "../../mechanisms/timers.ts";
import type { Channel } from "./channel.ts";
import type { Consumer } from "./consumer.ts";
import type { ContentBudget } from "./content-budget.ts";
import type { ReplyRoutes } from "./direct-reply-to.ts";
import type { AmqpError } from "./reply-codes.ts";
import type { FrameWriter } from "./wire/frame-writer.ts";

export interface AmqpEnvironment {
  readonly engine: QueueEngine;
  readonly identity: Identity;
  readonly timers: Timers;
  readonly contentBudget: ContentBudget;
  readonly replyRoutes: ReplyRoutes;
  /** Larger bodies are refused with 406. */
  readonly maxMessageBytes: number;
  /** Of the broker, for server-properties. */
  readonly version: string;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** What the client said it can do (connection.start-ok, client-properties, capabilities). */
export interface ClientCapabilities {
  readonly consumerCancelNotify: boolean;
  readonly connectionBlocked: boolean;
  readonly authenticationFailureClose: boolean;
}

/** An open connection. */
export interface Session {
  readonly environment: AmqpEnvironment;
  readonly virtualHost: VirtualHost;
  readonly user: User;
  readonly capabilities: ClientCapabilities;
  readonly writer: FrameWriter;
  /** False while more waits to be sent than a client may leave unread. */
  readonly takesDeliveries: boolean;
  /** False when even what is not flow-controlled (replies to direct reply-to) must be dropped. */
  readonly takesReplies: boolean;
  /** Exclusive queues are this object's. */
  readonly owner: object;
  /** Something was written: it is sent at the end of the turn. */
  sendLater(): void;
  /** `consumer` is given to its queue's `resume` at the end of what is being read. */
  resumeLater(consumer: Consumer): void;
  /** Confirms of `channel` are sent, and asked for from the store, at the end of what is being read. */
  confirmLater(channel: Channel): void;
  /** Confirms were written outside of reading. */
  sendSoon(): void;
  /** A queue with the block-publisher policy is full: nothing more is read until there is room. */
  holdForRoom(): void;
  /** A publish begins: while memory is low nothing more is read after it. */
  publishing(): void;
  /** The channel is gone; its number may be used again. */
  forget(channel: Channel): void;
  /** Ends the channel for a cause that is no method's. */
  closeChannel(channel: Channel, error: AmqpError): void;
  /** Ends the connection with connection.close 320. */
  disconnectClient(reason: string): void;
}
