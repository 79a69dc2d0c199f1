import type { EngineQueue } from "./queue-environment.ts";

/** Paged out before other work has its turn: as much again is in memory until it is written. */
const SLICE_BYTES = 8 * 1024 * 1024;

export interface PageOutOptions {
  readonly queues: () => Iterable<EngineQueue>;
  /** Calls back when what was paged out is on its way no longer, never within the call. */
  readonly whenWritten: (written: () => void) => void;
}

/** Takes bodies out of memory, from the queues that hold most, a slice a turn. */
export class PageOut {
  readonly #options: PageOutOptions;
  #wantedBytes = 0;
  #isWaiting = false;

  constructor(options: PageOutOptions) {
    this.#options = options;
  }

  /** About so many bytes are to go; what an earlier call asked for and has not got is forgotten. */
  request(bytes: number): void {
    this.#wantedBytes = bytes;
    if (!this.#isWaiting) this.#turn();
  }

  stop(): void {
    this.#wantedBytes = 0;
  }

  #turn(): void {
    const slice = Math.min(this.#wantedBytes, SLICE_BYTES);
    const given = pageOutLargest(this.#options.queues(), slice);
    this.#wantedBytes -= given;
    if (given === 0 || this.#wantedBytes <= 0) return;
    this.#isWaiting = true;
    this.#options.whenWritten(() => {
      this.#isWaiting = false;
      if (this.#wantedBytes > 0) this.#turn();
    });
  }
}

/** Takes about `bytes` of bodies out of memory, from the queues that hold most. Returns how many. */
export function pageOutLargest(queues: Iterable<EngineQueue>, bytes: number): number {
  const holding = [...queues].filter(({ residentBytes }) => residentBytes > 0);
  holding.sort((a, b) => b.residentBytes - a.residentBytes);
  let given = 0;
  for (const queue of holding) {
    if (given >= bytes) break;
    given += queue.pageOut(bytes - given);
  }
  return given;
}
