/**
 * Memory of contents that are not the engine's yet: arriving in several frames, or held by an open transaction. One for
 * all connections.
 */
import { AmqpError } from "./reply-codes.ts";

export class ContentBudget {
  readonly #limitBytes: number;
  #takenBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Throws RESOURCE_ERROR, which ends the connection that asked, when there is no more. */
  take(bytes: number): void {
    if (this.#takenBytes + bytes > this.#limitBytes) {
      throw new AmqpError("RESOURCE_ERROR", "too many bytes in contents that are not complete or committed");
    }
    this.#takenBytes += bytes;
  }

  release(bytes: number): void {
    this.#takenBytes -= bytes;
  }
}
