/**
 * What a channel has delivered and its client has not settled, in order of delivery tags. Tags rise by one for each
 * delivery, but those of no-ack deliveries are not kept, so the place of a tag is guessed and, failing that, searched.
 */
import type { Queue } from "../../engines/queues/contract.ts";

/** Where a delivery came from: a consumer, or basic.get. */
export interface DeliveryOwner {
  readonly queue: Queue;
  /** `count` of its deliveries are settled or given back. */
  settled(count: number): void;
}

/** Sees deliveries in order of their tags, once each. */
export type DeliveryVisitor = (owner: DeliveryOwner, position: number, tag: number) => void;

const INITIAL_SLOTS = 16;

export class UnackedDeliveries {
  #tags = new Float64Array(INITIAL_SLOTS);
  #positions = new Float64Array(INITIAL_SLOTS);
  /** null: settled. */
  #owners: (DeliveryOwner | null)[] = new Array<DeliveryOwner | null>(INITIAL_SLOTS).fill(null);
  #mask = INITIAL_SLOTS - 1;
  /** Slots are counted on and on; their place is the count masked. */
  #head = 0;
  #tail = 0;
  #count = 0;

  /** Unsettled deliveries. */
  get count(): number {
    return this.#count;
  }

  /** Slots there is memory for. */
  get capacity(): number {
    return this.#mask + 1;
  }

  /** `tag` is above all before. */
  push(tag: number, owner: DeliveryOwner, position: number): void {
    if (this.#tail - this.#head > this.#mask) this.#makeRoom();
    const at = this.#tail++ & this.#mask;
    this.#tags[at] = tag;
    this.#positions[at] = position;
    this.#owners[at] = owner;
    this.#count++;
  }

  has(tag: number): boolean {
    return this.#find(tag) >= 0;
  }

  /** Without taking anything out. */
  forEach(visit: DeliveryVisitor): void {
    for (let slot = this.#head; slot < this.#tail; slot++) {
      const at = slot & this.#mask;
      const owner = this.#owners[at]!;
      if (owner !== null) visit(owner, this.#positions[at]!, this.#tags[at]!);
    }
  }

  /** Takes one out; false when it is not there. */
  take(tag: number, visit: DeliveryVisitor): boolean {
    const slot = this.#find(tag);
    if (slot < 0) return false;
    this.#release(slot, visit);
    this.#skipSettled();
    return true;
  }

  /** Takes out all up to `tag`; false, with nothing taken, when `tag` itself is not there. */
  takeThrough(tag: number, visit: DeliveryVisitor): boolean {
    const last = this.#find(tag);
    if (last < 0) return false;
    this.#takeSlots(last + 1, visit);
    return true;
  }

  takeAll(visit: DeliveryVisitor): void {
    this.#takeSlots(this.#tail, visit);
  }

  /** Puts back what was taken out, as tx.rollback does; in any order, tags that were there before. */
  restore(tags: readonly number[], owners: readonly DeliveryOwner[], positions: readonly number[]): void {
    const entries = tags.map((tag, i) => ({ tag, owner: owners[i]!, position: positions[i]! }));
    this.takeAll((owner, position, tag) => entries.push({ tag, owner, position }));
    entries.sort((a, b) => a.tag - b.tag);
    for (const { tag, owner, position } of entries) this.push(tag, owner, position);
  }

  #takeSlots(end: number, visit: DeliveryVisitor): void {
    for (let slot = this.#head; slot < end; slot++) {
      if (this.#owners[slot & this.#mask] !== null) this.#release(slot, visit);
    }
    this.#skipSettled();
  }

  #release(slot: number, visit: DeliveryVisitor): void {
    const at = slot & this.#mask;
    const owner = this.#owners[at]!;
    this.#owners[at] = null;
    this.#count--;
    visit(owner, this.#positions[at]!, this.#tags[at]!);
  }

  #skipSettled(): void {
    if (this.#count === 0) this.#head = this.#tail;
    else while (this.#owners[this.#head & this.#mask] === null) this.#head++;
  }

  /** Slot of an unsettled tag, -1 when it is not there. */
  #find(tag: number): number {
    if (this.#count === 0) return -1;
    const guess = this.#head + (tag - this.#tags[this.#head & this.#mask]!);
    const slot =
      guess >= this.#head && guess < this.#tail && this.#tags[guess & this.#mask] === tag
        ? guess
        : this.#search(tag);
    return slot >= 0 && this.#owners[slot & this.#mask] !== null ? slot : -1;
  }

  #search(tag: number): number {
    let low = this.#head;
    let high = this.#tail - 1;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const found = this.#tags[middle & this.#mask]!;
      if (found === tag) return middle;
      if (found < tag) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Settled slots between unsettled ones are squeezed out; only when few are, the ring doubles. */
  #makeRoom(): void {
    const size = this.#mask + 1;
    const newSize = this.#count > size / 2 ? size * 2 : size;
    const tags = new Float64Array(newSize);
    const positions = new Float64Array(newSize);
    const owners = new Array<DeliveryOwner | null>(newSize).fill(null);
    let kept = 0;
    for (let slot = this.#head; slot < this.#tail; slot++) {
      const at = slot & this.#mask;
      if (this.#owners[at] === null) continue;
      tags[kept] = this.#tags[at]!;
      positions[kept] = this.#positions[at]!;
      owners[kept++] = this.#owners[at]!;
    }
    this.#tags = tags;
    this.#positions = positions;
    this.#owners = owners;
    this.#mask = newSize - 1;
    this.#head = 0;
    this.#tail = kept;
  }
}
