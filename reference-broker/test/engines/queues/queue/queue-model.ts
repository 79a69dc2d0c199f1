import type { DeadLetterReason } from "../../../../src/engines/queues/queue-environment.ts";
import type { OverflowPolicy } from "../../../../src/engines/queues/queue/settings.ts";

export interface ModelSettings {
  readonly ttlMs: number;
  readonly maxLength: number;
  readonly overflow: OverflowPolicy;
  readonly maxPriority: number;
  readonly exact: boolean;
  readonly deadLetters: boolean;
  readonly singleActive: boolean;
  readonly durable: boolean;
}

export interface Entry {
  readonly body: string;
  readonly arrival: number;
  readonly lane: number;
  readonly deadlineMs: number;
  readonly persistent: boolean;
  redelivered: boolean;
  state: "ready" | "unacknowledged";
  /** Known while it is unacknowledged. */
  position: number;
}

/** What a queue should hold: one list, searched and sorted without any cleverness. */
export class QueueModel {
  readonly settings: ModelSettings;
  entries: Entry[] = [];
  letters: { body: string; reason: DeadLetterReason }[] = [];
  isBlocking = false;
  #arrivals = 0;

  constructor(settings: ModelSettings) {
    this.settings = settings;
  }

  /** In the order in which they are to be delivered. */
  get ready(): Entry[] {
    const ready = this.entries.filter(({ state }) => state === "ready");
    return ready.sort((a, b) => b.lane - a.lane || a.arrival - b.arrival);
  }

  get unacknowledged(): Entry[] {
    return this.entries.filter(({ state }) => state === "unacknowledged");
  }

  add(body: string, priority: number, expirationMs: number, persistent: boolean, nowMs: number): Entry {
    const ttlMs = Math.min(this.settings.ttlMs, expirationMs < 0 ? Infinity : expirationMs);
    const entry: Entry = {
      ...{ body, arrival: this.#arrivals++, lane: Math.min(priority, this.settings.maxPriority) },
      ...{ deadlineMs: nowMs + ttlMs, persistent, redelivered: false, state: "ready", position: -1 },
    };
    this.entries.push(entry);
    return entry;
  }

  remove(entry: Entry): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
  }

  kill(entry: Entry, reason: DeadLetterReason): void {
    this.remove(entry);
    if (this.settings.deadLetters) this.letters.push({ body: entry.body, reason });
  }

  /** `spared`: a message that is on its way to a consumer is not too late. */
  expire(nowMs: number, spared: Entry | null = null): void {
    for (const entry of this.ready) {
      const isDead = entry.deadlineMs <= nowMs && entry !== spared;
      if (isDead) this.kill(entry, "expired");
      else if (!this.settings.exact) return;
    }
  }

  dropExcess(): void {
    if (this.settings.overflow !== "drop-head") return;
    while (this.ready.length > this.settings.maxLength) this.kill(this.ready[0]!, "maxlen");
  }

  makeRoom(): void {
    if (this.ready.length <= Math.floor(this.settings.maxLength * 0.75)) this.isBlocking = false;
  }

  restart(): void {
    this.entries = this.entries.filter(({ persistent }) => persistent);
    for (const entry of this.entries) {
      entry.state = "ready";
      entry.redelivered = true;
    }
    this.isBlocking = false;
  }
}
