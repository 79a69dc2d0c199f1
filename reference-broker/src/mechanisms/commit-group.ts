/**
 * Group commit shared by many stores. What the stores gathered in a turn of the event loop, or within a flush budget, is
 * written together; while one group is on its way to the disk the next one gathers.
 */
import { invariant } from "../base/invariant.ts";
import {
  EACH_TURN,
  type FlushBudget,
  type FlushCauses,
  FlushSchedule,
  flushAlarms,
} from "./flush-schedule.ts";

/** none: confirmed before it is written; os: once the kernel has it; fsync: once the disk has it. */
export type Durability = "none" | "os" | "fsync";

export interface CommittedStore {
  /** Where the store's reports point to. */
  readonly name: string;
  /** Writes what was gathered since the last call; a promise when it went to the thread pool. Throws or rejects on failure. */
  flush(): Promise<void> | void;
  /** fdatasync of every file written since the last call. Class `fsync` only, after `flush`. */
  sync(): Promise<void>;
}

export interface CommitGroupOptions {
  readonly durability: Durability;
  /** setImmediate: by then every socket that was readable in this turn has been read. */
  readonly defer: (callback: () => void) => void;
  /** Default: each turn. */
  readonly budget?: FlushBudget;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

export type Settled = (stored: boolean) => void;

export class CommitGroup {
  readonly durability: Durability;
  readonly storageFaults: { count: number; lastError: string | null } = { count: 0, lastError: null };
  /** Groups that were written, and those of them that had gathered while the one before was on its way. */
  commits = 0;
  commitsBehindAnother = 0;
  readonly #schedule: FlushSchedule;
  readonly #report: CommitGroupOptions["report"];
  #dirty: CommittedStore[] = [];
  #waiting: Settled[] = [];
  /** Callbacks of the group that is being written, or null. */
  #writing: Settled[] | null = null;

  constructor(options: CommitGroupOptions) {
    this.durability = options.durability;
    const { defer, budget = EACH_TURN } = options;
    this.#schedule = new FlushSchedule({ budget, defer, alarms: flushAlarms, flush: () => this.#flush() });
    this.#report = options.report;
  }

  get causes(): FlushCauses {
    return this.#schedule.causes;
  }

  /** The store has something to write. To be called once until its `flush` is called. */
  register(store: CommittedStore): void {
    this.#dirty.push(store);
    this.#schedule.request();
  }

  /** So much was published, which counts towards the flush budget. */
  gathered(bytes: number): void {
    this.#schedule.gathered(bytes);
  }

  /**
   * Calls `settled` once, when every store that is registered now has reached the durability class; within this call
   * when that is so already, as it always is in class `none`. `stored` is false when one of them failed.
   */
  whenStored(settled: Settled): void {
    if (this.durability === "none") settled(true);
    else if (this.#dirty.length > 0) this.#waiting.push(settled);
    else if (this.#writing !== null) this.#writing.push(settled);
    else settled(true);
  }

  /** Resolves when nothing is left to write. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      const again = () => {
        if (this.#dirty.length > 0) this.#waiting.push(again);
        else if (this.#writing !== null) this.#writing.push(again);
        else resolve();
      };
      again();
    });
  }

  #flush(): void {
    if (this.#writing === null && this.#dirty.length > 0) this.#commit();
  }

  #commit(): void {
    this.commits++;
    const stores = this.#dirty;
    const waiting = this.#waiting;
    this.#dirty = [];
    this.#waiting = [];
    this.#writing = waiting;
    let stored = true;
    let written: Promise<void>[] | null = null;
    for (const store of stores) {
      try {
        const writing = store.flush();
        if (writing !== undefined) (written ??= []).push(this.#watch(store, writing));
      } catch (error) {
        stored = false;
        this.#reportFailure(store, error);
      }
    }
    if (written === null && this.durability !== "fsync") this.#complete(waiting, stored);
    else void this.#commitAsync(stores, waiting, written ?? [], stored);
  }

  async #commitAsync(
    stores: readonly CommittedStore[],
    waiting: Settled[],
    written: readonly Promise<void>[],
    flushed: boolean,
  ): Promise<void> {
    let stored = flushed;
    const settle = async (steps: readonly Promise<void>[]) => {
      const results = await Promise.allSettled(steps);
      if (results.some(({ status }) => status === "rejected")) stored = false;
    };
    await settle(written);
    // A store whose flush failed is synced too: part of it may have been written.
    if (this.durability === "fsync") {
      await settle(stores.map((store) => this.#watch(store, store.sync())));
    }
    this.#complete(waiting, stored);
    if (this.#dirty.length === 0 || this.#writing !== null) return;
    this.commitsBehindAnother++;
    this.#commit();
  }

  #complete(waiting: readonly Settled[], stored: boolean): void {
    invariant(this.#writing === waiting, "one group is written at a time");
    this.#writing = null;
    for (const settled of waiting) settled(stored);
  }

  async #watch(store: CommittedStore, step: Promise<void>): Promise<void> {
    try {
      await step;
    } catch (error) {
      this.#reportFailure(store, error);
      throw error;
    }
  }

  #reportFailure(store: CommittedStore, error: unknown): void {
    this.storageFaults.count++;
    this.storageFaults.lastError = String(error);
    this.#report("commit failed", { store: store.name, error: String(error) });
  }
}
