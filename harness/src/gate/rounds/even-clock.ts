const INTERVAL_MS = 10;

/**
 * A timer that should fire evenly. Where it did not for long, the machine stood still, or gave its process no processor,
 * which for what was measured meanwhile is the same.
 */
export class EvenClock implements Disposable {
  readonly #nowUs: () => number;
  readonly #timer: NodeJS.Timeout;
  #lastUs: number;
  #longestUs = 0;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
    this.#lastUs = nowUs();
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** Since construction. */
  longestGapMs(): number {
    this.#look();
    return this.#longestUs / 1e3;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const atUs = this.#nowUs();
    this.#longestUs = Math.max(this.#longestUs, atUs - this.#lastUs);
    this.#lastUs = atUs;
  }
}
