import type { BatchShape } from "../load/protocol.ts";

/** What a publisher hears from the driver about one producer. Never called from within `send` or `flush`. */
export interface ProducerEvents {
  /** Batches [first, first + count) were confirmed (error null) or refused with the protocol's error name. */
  answered(first: number, count: number, error: string | null): void;
  /** `ready` may have become true. */
  writable(): void;
  /** Nothing more will be answered. */
  closed(reason: string): void;
}

/** One producer with a connection of its own. A driver makes it ready to send before handing it out. */
export interface ProducerSession {
  readonly batch: BatchShape;
  /** Whether another batch may be sent now. With acks 0 this is the only brake. */
  ready(): boolean;
  /** Stamps and sends the batch; a driver may hold it back until `flush`. Sequences count up from 0. */
  send(sequence: number, intendedUs: number, sentUs: number): void;
  /** Ends a turn of sends. */
  flush(): void;
  /** Bytes accepted from the caller and not yet by the kernel. */
  queuedBytes(): number;
  /** For how long the broker has told this producer to wait, microseconds; 0 where the protocol has no word for it. */
  blockedUs(): number;
  close(): void;
}

/** What a driver makes of a `prepare` message. */
export interface PreparedProducers {
  readonly batch: BatchShape;
  readonly open: (producer: number, events: ProducerEvents) => Promise<ProducerSession>;
}
