/**
 * Sequences of requeued messages, lowest first: a binary heap on one array. What was settled meanwhile stays in it until it
 * comes to the top; the lane skips it there.
 */
export class SequenceHeap {
  readonly #items: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** -1 when empty. */
  get lowest(): number {
    return this.#items.length === 0 ? -1 : this.#items[0]!;
  }

  add(sequence: number): void {
    const items = this.#items;
    let index = items.length;
    items.push(sequence);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent]!;
      if (above <= sequence) break;
      items[index] = above;
      index = parent;
    }
    items[index] = sequence;
  }

  removeLowest(): void {
    const items = this.#items;
    const last = items.pop();
    const size = items.length;
    if (last === undefined || size === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && items[child + 1]! < items[child]!) child++;
      const below = items[child]!;
      if (below >= last) break;
      items[index] = below;
      index = child;
    }
    items[index] = last;
  }
}
