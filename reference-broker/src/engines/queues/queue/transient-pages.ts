import type { Message } from "../../../mechanisms/message.ts";
import { NO_DEADLINE, type QueueStore } from "../store/contract.ts";

/** Transient messages of one queue that memory has no room for: on disk, and gone with the process. */
export class TransientPages {
  readonly #open: () => QueueStore | null;
  #store: QueueStore | null = null;
  #isRefused = false;
  #nextNumber = 0;

  /** `open`: null when there is no place for such messages. Called when the first one is to go. */
  constructor(open: () => QueueStore | null) {
    this.#open = open;
  }

  /** The number under which the message is there; -1: it stays in memory. */
  add(message: Message): number {
    if (this.#isRefused) return -1;
    this.#store ??= this.#open();
    this.#isRefused = this.#store === null;
    if (this.#store === null) return -1;
    const number = this.#nextNumber++;
    return this.#store.append(message, number, NO_DEADLINE) ? number : -1;
  }

  /** Something was added. */
  get store(): QueueStore {
    return this.#store!;
  }

  get storeOrNull(): QueueStore | null {
    return this.#store;
  }

  clear(): void {
    this.#store?.remove();
    this.#store = null;
    this.#nextNumber = 0;
  }
}
