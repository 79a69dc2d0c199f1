/** When appends that gathered are written: in the check phase of the turn, or after a time or an amount that was set. */
import type { Alarms } from "./timers.ts";

export interface FlushBudget {
  /** How long appends may gather; 0: for the turn of the event loop, which adapts to the load by itself. */
  readonly intervalMs: number;
  /** So much is written before that time is over. */
  readonly bytes: number;
}

export const EACH_TURN: FlushBudget = { intervalMs: 0, bytes: 0 };

/** They keep the process alive: a stop waits for what is still to be written. */
export const flushAlarms: Alarms<NodeJS.Timeout> = { set: setTimeout, clear: clearTimeout };

/** Why flushes happened, counted. */
export interface FlushCauses {
  turn: number;
  interval: number;
  bytes: number;
}

export interface FlushScheduleOptions<Handle> {
  readonly budget: FlushBudget;
  readonly flush: () => void;
  /** setImmediate: by then every socket that was readable in this turn has been read. */
  readonly defer: (callback: () => void) => void;
  readonly alarms: Alarms<Handle>;
}

export class FlushSchedule<Handle = NodeJS.Timeout> {
  readonly #options: FlushScheduleOptions<Handle>;
  readonly #budget: FlushBudget;
  readonly causes: FlushCauses = { turn: 0, interval: 0, bytes: 0 };
  #isRequested = false;
  #alarm: Handle | null = null;
  #gatheredBytes = 0;

  constructor(options: FlushScheduleOptions<Handle>) {
    this.#options = options;
    this.#budget = options.budget;
  }

  /** There is something to write: `flush` is called once, later. */
  request(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    const { intervalMs, bytes } = this.#budget;
    if (intervalMs === 0) this.#options.defer(this.#turnEnded);
    else if (this.#gatheredBytes >= bytes) this.#options.defer(this.#enoughGathered);
    else this.#alarm = this.#options.alarms.set(this.#timeIsUp, intervalMs);
  }

  /** So much was added to what is to be written. */
  gathered(bytes: number): void {
    this.#gatheredBytes += bytes;
    if (this.#alarm === null || this.#gatheredBytes < this.#budget.bytes) return;
    this.#options.alarms.clear(this.#alarm);
    this.#alarm = null;
    this.#options.defer(this.#enoughGathered);
  }

  readonly #turnEnded = (): void => {
    this.causes.turn++;
    this.#run();
  };

  readonly #timeIsUp = (): void => {
    this.causes.interval++;
    this.#run();
  };

  readonly #enoughGathered = (): void => {
    this.causes.bytes++;
    this.#run();
  };

  #run(): void {
    this.#isRequested = false;
    this.#alarm = null;
    this.#gatheredBytes = 0;
    this.#options.flush();
  }
}
