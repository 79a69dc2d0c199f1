/** Figures of the documents that the project started from, for what is measured here too. */
export interface Claim {
  /** As rates are printed: operations a second; absent where the claim is a time. */
  readonly perSecond?: number;
  readonly nanoseconds?: number;
  /** Whose, and what is known about how it came about. */
  readonly source: string;
}

export const CLAIMS = {
  wheelInsert: {
    perSecond: 24e6,
    source: "BlipMQ 1.0 (Rust), 100,000 timers; its bench inserts prepared entries into one level",
  },
  wheelExpire: {
    perSecond: 45e6,
    source: "BlipMQ 1.0 (Rust), 50,000 timers; its repository has no bench of expiry",
  },
  pooledBuffer: {
    nanoseconds: 10,
    source: "BlipMQ 1.0: 10 ns pooled, 800 ns new; hits 95 % (1 KiB), 92 % (4 KiB), 88 % (16 KiB)",
  },
  newBuffer: { nanoseconds: 800, source: "BlipMQ 1.0" },
  transientDelivery: {
    perSecond: 1.2e6,
    source: "BlipMQ 1.0, whole broker, one topic: deliveries to 48 subscribers by its own report",
  },
  persistentPublish: {
    perSecond: 100_000,
    source: "amqp-go, whole broker: a target; its asynchronous writer is not called",
  },
  cachedDelivery: { nanoseconds: 10_000, source: "amqp-go, cache hit 10 to 20 µs: a target" },
  kafkaProduce: {
    perSecond: 601_379,
    source: "FluxMQ, whole broker with acks=0: client callbacks counted, nothing read back",
  },
} as const satisfies Record<string, Claim>;
