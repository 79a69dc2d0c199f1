/** The channels of one connection by number. A connection that has none keeps no table. */
import type { Channel } from "./channel.ts";

const NO_CHANNELS: ReadonlyMap<number, Channel> = new Map();
const NO_NUMBERS: ReadonlySet<number> = new Set();

export class ChannelTable {
  #channels: Map<number, Channel> | null = null;
  /** Numbers that were in use before. */
  #formerNumbers: Set<number> | null = null;
  /** Most frames are for the channel of the one before. */
  #last: Channel | undefined;

  /** Of open channels, and of closed ones whose close-ok has not come. */
  get count(): number {
    return (this.#channels ?? NO_CHANNELS).size;
  }

  get(number: number): Channel | undefined {
    if (this.#last !== undefined && this.#last.number === number) return this.#last;
    this.#last = this.#channels?.get(number);
    return this.#last;
  }

  values(): Iterable<Channel> {
    return (this.#channels ?? NO_CHANNELS).values();
  }

  add(channel: Channel): void {
    this.#channels ??= new Map();
    this.#channels.set(channel.number, channel);
    this.#formerNumbers?.delete(channel.number);
  }

  /** Its number may be used again. */
  forget(channel: Channel): void {
    this.#last = undefined;
    this.#channels?.delete(channel.number);
    this.#formerNumbers ??= new Set();
    this.#formerNumbers.add(channel.number);
  }

  /** There was a channel of this number, and there is none. */
  wasClosed(number: number): boolean {
    return (this.#formerNumbers ?? NO_NUMBERS).has(number);
  }

  /** All consumers end, and what is unsettled goes back to its queues. */
  releaseAll(): void {
    for (const channel of this.values()) channel.release();
    this.#channels = null;
    this.#last = undefined;
  }
}
