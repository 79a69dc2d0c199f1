/**
 * The memory alarm. Memory is read when enough was published since the last reading, and at intervals while the alarm is
 * on or bodies wait to be paged out: an idle broker reads nothing.
 */
import type { Timers, TimerTarget } from "../../mechanisms/timers.ts";
import type { Alarm } from "./contract.ts";

export interface MemoryAlarmOptions {
  readonly budgetBytes: number;
  /** What the process takes now. */
  readonly readMemoryBytes: () => number;
  readonly timers: Timers;
  /** Parts of the budget: above `pageAt` queues give bodies up, down to `pageTo`. */
  readonly pageAt: number;
  readonly pageTo: number;
  /** Gives up to `bytes` of memory back; called with what is above the lower mark. */
  readonly relieve: (bytes: number) => void;
  /** From above the upper mark until below the lower one. */
  readonly setPaging: (isPaging: boolean) => void;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** Part of the budget below which the alarm, on above all of it, goes off. */
const OFF = 0.9;
const INTERVAL_MS = 100;
/** What was given up shows in the process only after a garbage collection: asking sooner would empty everything. */
const RELIEF_INTERVAL_MS = 1000;
/** A reading for every 64th part of the budget that was published. */
const READINGS_PER_BUDGET = 64;

const REASON = "low on memory";

export class MemoryAlarm implements Alarm, TimerTarget {
  readonly #options: MemoryAlarmOptions;
  readonly #readAfterBytes: number;
  readonly #watchers = new Set<() => void>();
  #publishedBytes = 0;
  #timer = 0;
  #nextReliefMs = 0;
  #reason: string | null = null;
  #isPaging = false;

  constructor(options: MemoryAlarmOptions) {
    this.#options = options;
    this.#readAfterBytes = options.budgetBytes / READINGS_PER_BUDGET;
  }

  get reason(): string | null {
    return this.#reason;
  }

  watch(changed: () => void): () => void {
    // Of its own, so that a function given twice is called twice.
    const watcher = () => changed();
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Messages of this size were taken. Never calls a watcher within the call. */
  count(bytes: number): void {
    this.#publishedBytes += bytes;
    if (this.#publishedBytes >= this.#readAfterBytes && this.#timer === 0) this.#schedule(0);
  }

  /** A timer's call. */
  expired(): void {
    this.#timer = 0;
    this.#publishedBytes = 0;
    this.#judge(this.#options.readMemoryBytes());
  }

  close(): void {
    this.#options.timers.cancel(this.#timer);
    this.#watchers.clear();
  }

  #judge(usedBytes: number): void {
    const { budgetBytes, pageAt, pageTo } = this.#options;
    const isHigh = usedBytes > budgetBytes * pageAt;
    if (isHigh) this.#relieve(usedBytes - budgetBytes * pageTo);
    this.#page(isHigh || (this.#isPaging && usedBytes > budgetBytes * pageTo));
    if (this.#isPaging || this.#reason !== null) this.#schedule(INTERVAL_MS);
    if (this.#reason === null && usedBytes > budgetBytes) this.#change(REASON, usedBytes);
    else if (this.#reason !== null && usedBytes < budgetBytes * OFF) this.#change(null, usedBytes);
  }

  #page(isPaging: boolean): void {
    if (isPaging === this.#isPaging) return;
    this.#isPaging = isPaging;
    this.#options.setPaging(isPaging);
  }

  #relieve(bytes: number): void {
    const nowMs = this.#options.timers.now();
    if (nowMs < this.#nextReliefMs) return;
    this.#nextReliefMs = nowMs + RELIEF_INTERVAL_MS;
    this.#options.relieve(bytes);
  }

  #schedule(delayMs: number): void {
    const { timers } = this.#options;
    timers.cancel(this.#timer);
    this.#timer = timers.schedule(timers.now() + delayMs, this, 0);
  }

  #change(reason: string | null, usedBytes: number): void {
    this.#reason = reason;
    this.#options.report(reason === null ? "memory alarm off" : "memory alarm on", { usedBytes });
    for (const changed of [...this.#watchers]) changed();
  }
}
