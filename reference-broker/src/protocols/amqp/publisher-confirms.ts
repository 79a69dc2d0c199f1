/**
 * Confirms that a channel in confirm mode owes. Every publish gets one ack or nack; an ack with `multiple` covers only
 * tags that are all acknowledged (RabbitMQ's publisher confirms).
 */

/** `multiple`: all tags up to this one that were not answered before. */
export type SendConfirm = (tag: number, multiple: boolean, isAck: boolean) => void;

const STORING = 1;
const ACKED = 2;
const NACKED = 3;
const ANSWERED = 4;

const INITIAL_SLOTS = 64;

export class PublisherConfirms {
  #states = new Uint8Array(INITIAL_SLOTS);
  #mask = INITIAL_SLOTS - 1;
  /** Lowest tag that is not answered. */
  #low = 1;
  #next = 1;
  /** Tags up to this one may be settled and not answered. */
  #settledTo = 0;
  #hasUnregistered = false;
  /** Last tag of each hand-over to the store that is not answered yet, oldest first. */
  readonly #handedOver: number[] = [];

  /** Tag of the next publish. */
  get nextTag(): number {
    return this.#next;
  }

  /** Something was published that the store has yet to keep, and nobody has asked it when. */
  get hasUnregistered(): boolean {
    return this.#hasUnregistered;
  }

  get hasUnanswered(): boolean {
    return this.#low < this.#next;
  }

  published(storing: boolean, refused: boolean): void {
    if (this.#next - this.#low > this.#mask) this.#grow();
    const tag = this.#next++;
    if (storing && !refused) this.#hasUnregistered = true;
    else this.#settledTo = tag;
    this.#states[tag & this.#mask] = refused ? NACKED : storing ? STORING : ACKED;
  }

  /** Everything published until now has been handed to the store; `stored` will be called for it, in order. */
  handedOver(): void {
    this.#hasUnregistered = false;
    this.#handedOver.push(this.#next - 1);
  }

  /** The store's answer to the oldest hand-over. */
  stored(success: boolean): void {
    const last = this.#handedOver.shift()!;
    const state = success ? ACKED : NACKED;
    for (let tag = this.#low; tag <= last; tag++) {
      if (this.#states[tag & this.#mask] === STORING) this.#states[tag & this.#mask] = state;
    }
    this.#settledTo = Math.max(this.#settledTo, last);
  }

  /** Answers what is settled: a run from the lowest unanswered tag in one, others one by one. */
  flush(send: SendConfirm): void {
    if (this.#settledTo < this.#low) return;
    const unsettled = this.#answerRun(send);
    this.#low = unsettled;
    for (let tag = unsettled; tag <= this.#settledTo; tag++) {
      const at = tag & this.#mask;
      const state = this.#states[at]!;
      if (state !== ACKED && state !== NACKED) continue;
      send(tag, false, state === ACKED);
      this.#states[at] = ANSWERED;
    }
  }

  /** Returns the lowest tag that is not settled. */
  #answerRun(send: SendConfirm): number {
    let acks = 0;
    let lastAck = 0;
    let tag = this.#low;
    for (; tag < this.#next; tag++) {
      const state = this.#states[tag & this.#mask]!;
      if (state === STORING) break;
      if (state === ACKED) {
        acks++;
        lastAck = tag;
      } else if (state === NACKED) {
        if (acks > 0) send(lastAck, acks > 1, true);
        acks = 0;
        send(tag, false, false);
      }
    }
    if (acks > 0) send(lastAck, acks > 1, true);
    return tag;
  }

  #grow(): void {
    const size = (this.#mask + 1) * 2;
    const states = new Uint8Array(size);
    for (let tag = this.#low; tag < this.#next; tag++)
      states[tag & (size - 1)] = this.#states[tag & this.#mask]!;
    this.#states = states;
    this.#mask = size - 1;
  }
}
