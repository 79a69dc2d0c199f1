/** Waiting that ends early when the target dies, a load process fails, the user interrupts, or time is up. */
import { HarnessError } from "../errors.ts";

export class Guard implements Disposable {
  readonly #failure: Promise<never>;
  readonly #signal: AbortSignal;
  #unlisten: () => void = () => undefined;

  /** An interrupt wins over what it causes: broken connections and ended processes. */
  constructor(signal: AbortSignal, failures: readonly Promise<never>[]) {
    this.#signal = signal;
    const interrupted = new Promise<never>((_, reject) => {
      const abort = () => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort, { once: true });
      this.#unlisten = () => signal.removeEventListener("abort", abort);
    });
    this.#failure = Promise.race([interrupted, ...failures]);
    this.#failure.catch(() => undefined);
  }

  /** The value, or the first failure. `what` completes "… took longer than n s". */
  async wait<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
    // The loser of the race must not become an unhandled rejection.
    promise.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `${what} took longer than ${timeoutMs / 1000} s`;
      timer = setTimeout(() => reject(new HarnessError("TARGET_UNREACHABLE", message)), timeoutMs);
    });
    try {
      return await Promise.race([this.#failure, promise, late]);
    } catch (error) {
      throw this.#signal.aborted ? this.#signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.dispose](): void {
    this.#unlisten();
  }
}
