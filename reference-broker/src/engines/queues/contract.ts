/**
 * The queue engine as protocols see it. It knows no frames and no sockets; protocols know no files. Names and rules are
 * RabbitMQ's. Times are milliseconds since 1970; positions are numbers below 2^53 and mean something to one queue only.
 */
import type { StorageFaults } from "../../base/storage-faults.ts";
import type { FieldTable, Message } from "../../mechanisms/message.ts";
import type { QueueEngineStatistics, QueueStatistics } from "./statistics.ts";

/** Operating errors; a protocol maps each to its own reply code (404, 403, 405, 406, 530). */
export type QueueErrorCode =
  | "not-found"
  | "access-refused"
  | "resource-locked"
  | "precondition-failed"
  | "not-allowed";

export class QueueError extends Error {
  readonly code: QueueErrorCode;

  /** `message`: RabbitMQ's own words, for they reach the client. */
  constructor(code: QueueErrorCode, message: string) {
    super(message);
    this.name = "QueueError";
    this.code = code;
  }
}

export interface QueueEngine {
  virtualHost(name: string): VirtualHost | undefined;
  readonly virtualHosts: ReadonlyMap<string, VirtualHost>;
  /** Durable when it resolves; an existing one is returned. */
  createVirtualHost(name: string): Promise<VirtualHost>;
  /**
   * Calls `settled` once when everything taken until now is stored as the durability class demands; `stored` is false
   * when a write failed, and then nothing that was taken since the last successful call may be confirmed.
   */
  whenStored(settled: (stored: boolean) => void): void;
  statistics(): QueueEngineStatistics;
  readonly storageFaults: StorageFaults;
  /** The memory alarm: publishers are not read from while it is on, acknowledgements and consumers always are. */
  readonly alarm: Alarm;
  close(): Promise<void>;
}

export interface Alarm {
  /** null: off; else the reason in RabbitMQ's words, "low on memory". */
  readonly reason: string | null;
  /** Called at each change until the returned function is called. */
  watch(changed: () => void): () => void;
}

export type ExchangeType = "direct" | "fanout" | "topic" | "headers";

export interface ExchangeDeclaration {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: FieldTable;
}

export interface QueueDeclaration {
  /** "" asks for a name made by the server. */
  readonly name: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly arguments: FieldTable;
  /** The connection whose alone it is, and with which it goes; null: not exclusive. */
  readonly exclusiveOwner: object | null;
}

export interface Binding {
  readonly source: string;
  readonly destination: string;
  readonly routingKey: string;
  readonly arguments: FieldTable;
}

/** What became of a publish, as bits. */
export const PUBLISHED = {
  /** At least one queue (or the alternate exchange's) was found. */
  routed: 1,
  /** A queue with a reject-publish policy was full: nack. */
  refused: 2,
  /** Stored on disk by the next whenStored; without it the message is safe as far as it will ever be. */
  storing: 4,
  /** A queue with the block-publisher policy is full: read no more of this publisher until whenRoom. */
  blocked: 8,
} as const;

/** Everything below throws QueueError where RabbitMQ closes the channel (or, not-allowed, the connection). */
export interface VirtualHost {
  readonly name: string;
  queue(name: string): Queue | undefined;
  queues(): Iterable<Queue>;

  /** Durable ones are stored when the promise resolves. Equal redeclaration is fine, another one precondition-failed. */
  declareExchange(declaration: ExchangeDeclaration): Promise<void>;
  /** Passive declaration: not-found when it does not exist. */
  requireExchange(name: string): { readonly type: string; readonly internal: boolean };
  deleteExchange(name: string, ifUnused: boolean): Promise<void>;
  bindExchange(binding: Binding): Promise<void>;
  unbindExchange(binding: Binding): Promise<void>;

  declareQueue(declaration: QueueDeclaration): Promise<Queue>;
  /** not-found, or resource-locked when it belongs to another connection than `owner`. */
  requireQueue(name: string, owner: object): Queue;
  /** Number of ready messages it held; 0 when it does not exist (RabbitMQ's delete is idempotent). */
  deleteQueue(
    name: string,
    owner: object,
    conditions: { ifUnused: boolean; ifEmpty: boolean },
  ): Promise<number>;
  bindQueue(binding: Binding, owner: object): Promise<void>;
  unbindQueue(binding: Binding, owner: object): Promise<void>;
  /** The connection ended: its exclusive queues go. */
  releaseOwner(owner: object): void;

  /**
   * Routes and enqueues, all within the call; bits of PUBLISHED. CC and BCC headers add routing keys; BCC is removed from
   * the message that is stored. not-found: no such exchange; access-refused: it is internal.
   */
  publish(message: Message): number;
  /** Calls `resume` once, when no queue that answered `blocked` is full any more. */
  whenRoom(resume: () => void): void;
}

export interface Queue {
  readonly name: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly exclusiveOwner: object | null;
  readonly arguments: FieldTable;
  readonly isDeleted: boolean;
  /** Ready messages: neither unacknowledged nor expired as far as is known. */
  readonly readyCount: number;
  readonly consumerCount: number;

  /** access-refused: an exclusive consumer is there, or this one wants to be exclusive and is not the first. */
  subscribe(subscription: Subscription): void;
  unsubscribe(subscription: Subscription): void;
  /** The subscription has become ready again. Deliveries may happen within the call or in a later turn. */
  resume(subscription: Subscription): void;
  /** basic.get: the message at the head, or null. With `noAck` it is settled at once. */
  take(noAck: boolean): Taken | null;

  /** Acknowledged: gone. A position that is unknown is a fault of the caller. */
  settle(position: number): void;
  /** Back to where they stood, redelivered. */
  requeue(positions: readonly number[]): void;
  /** Rejected without requeue: dead-lettered if the queue does that, else gone. */
  reject(positions: readonly number[]): void;
  /** Ready messages removed. */
  purge(): number;
  statistics(): QueueStatistics;
}

export interface Taken {
  readonly message: Message;
  readonly position: number;
  readonly redelivered: boolean;
}

/** A consumer as a queue sees it; made by the protocol. */
export interface Subscription {
  readonly consumerTag: string;
  readonly priority: number;
  readonly exclusive: boolean;
  readonly noAck: boolean;
  /** Prefetch left and its socket takes more. Read before every delivery; when it turns true the protocol calls resume. */
  readonly isReady: boolean;
  /** With noAck the message is settled already. Never called while isReady is false. */
  deliver(message: Message, position: number, redelivered: boolean): void;
  /** The queue is gone, or another cause in RabbitMQ's list for basic.cancel. */
  cancelled(): void;
  /** The disconnect-consumer policy found this one slow. */
  disconnect(reason: string): void;
}
