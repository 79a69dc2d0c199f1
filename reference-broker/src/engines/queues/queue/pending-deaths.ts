import type { DeadLetterReason } from "../queue-environment.ts";

interface Run {
  readonly reason: DeadLetterReason;
  readonly positions: number[];
  next: number;
}

/** Positions of messages that died and have not gone to the engine yet, in the order of their deaths. */
export class PendingDeaths {
  length = 0;
  #runs: Run[] = [];

  add(position: number, reason: DeadLetterReason): void {
    let last = this.#runs.at(-1);
    if (last === undefined || last.reason !== reason) {
      last = { reason, positions: [], next: 0 };
      this.#runs.push(last);
    }
    last.positions.push(position);
    this.length++;
  }

  addAll(positions: readonly number[], reason: DeadLetterReason): void {
    this.#runs.push({ reason, positions: [...positions], next: 0 });
    this.length += positions.length;
  }

  /** There must be one. */
  get firstPosition(): number {
    const { positions, next } = this.#runs[0]!;
    return positions[next]!;
  }

  get firstReason(): DeadLetterReason {
    return this.#runs[0]!.reason;
  }

  removeFirst(): void {
    const run = this.#runs[0]!;
    this.length--;
    if (++run.next === run.positions.length) this.#runs.shift();
  }

  clear(): void {
    this.#runs = [];
    this.length = 0;
  }
}
