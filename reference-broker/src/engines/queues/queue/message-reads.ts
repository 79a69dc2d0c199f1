import type { TimerTarget } from "../../../mechanisms/timers.ts";
import type { QueueEnvironment } from "../queue-environment.ts";
import type { QueueMessages } from "./messages.ts";

const FIRST_RETRY_MS = 10;
const LAST_RETRY_MS = 1000;
/** About six seconds: a disk that stumbled is well again, and a bad sector will not be. */
const MAX_ATTEMPTS = 12;

/**
 * Brings messages of one queue from the disk to hand, one at a time, while other work goes on. When the disk fails (EIO) it
 * is asked again, less and less often. A message that it will not give is set aside in the end: its record stays where it is,
 * and the next start tries again. What is read but damaged is gone, as the store has reported.
 */
export class MessageReads implements TimerTarget {
  readonly #queueName: string;
  readonly #messages: QueueMessages;
  readonly #environment: QueueEnvironment;
  readonly #whenDone: () => void;
  #isReading = false;
  #isStopped = false;
  #timer = 0;
  /** Of reads of this position, one after the other. */
  #failures = 0;
  #failedPosition = -1;

  /** `whenDone`: the message is at hand or gone, or it is time to ask again. */
  constructor(
    queueName: string,
    messages: QueueMessages,
    environment: QueueEnvironment,
    whenDone: () => void,
  ) {
    this.#queueName = queueName;
    this.#messages = messages;
    this.#environment = environment;
    this.#whenDone = whenDone;
  }

  /** `whenDone` will be called, never within this call. */
  begin(position: number): void {
    if (this.#isReading) return;
    this.#isReading = true;
    void this.#read(position);
  }

  stop(): void {
    this.#isStopped = true;
    this.#environment.timers.cancel(this.#timer);
  }

  async #read(position: number): Promise<void> {
    try {
      await this.#messages.fetch(position);
      if (!this.#isStopped) this.#succeeded();
    } catch (error) {
      if (this.#isStopped) return;
      // Anything else is a fault of ours.
      if (!isStorageError(error)) throw error;
      if (this.#failed(position, error)) return;
    }
    this.#isReading = false;
    if (!this.#isStopped) this.#whenDone();
  }

  #succeeded(): void {
    if (this.#failures === 0) return;
    this.#report("stored messages can be read again", this.#failedPosition, { attempts: this.#failures + 1 });
    this.#failures = 0;
  }

  /** Whether it is asked again, later; else the message is set aside. */
  #failed(position: number, error: NodeJS.ErrnoException): boolean {
    if (position !== this.#failedPosition) this.#failures = 0;
    this.#failedPosition = position;
    this.#failures++;
    if (this.#failures === 1) this.#report("stored message unreadable", position, { error: String(error) });
    if (this.#failures < MAX_ATTEMPTS) {
      const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LAST_RETRY_MS);
      const { timers, now } = this.#environment;
      this.#timer = timers.schedule(now() + delayMs, this, position);
      return true;
    }
    this.#failures = 0;
    this.#messages.setAside(position);
    this.#report("stored message set aside", position, { error: String(error), attempts: MAX_ATTEMPTS });
    return false;
  }

  /** It is time to try again. The message may have gone meanwhile. */
  expired(): void {
    this.#timer = 0;
    this.#isReading = false;
    this.#whenDone();
  }

  #report(event: string, position: number, fields: Record<string, unknown>): void {
    const { virtualHost } = this.#environment;
    const message = this.#messages.storedNumber(position);
    this.#environment.report(event, { virtualHost, queue: this.#queueName, message, ...fields });
  }
}

/** As the system reports them (EIO), not as Node does its caller's mistakes (ERR_INVALID_ARG_TYPE). */
export function isStorageError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && /^E(?!RR_)/.test((error as NodeJS.ErrnoException).code ?? "");
}
