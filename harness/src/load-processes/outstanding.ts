/** Send times of batches without an answer, by sequence, in a ring that grows with how many there are. */
export class Outstanding {
  /** 0: none. */
  #sentUs = new Float64Array(64);
  #oldest = 0;
  #next = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Sequences are added in order, with none left out. */
  add(sequence: number, sentUs: number): void {
    if (this.#size === 0) this.#oldest = sequence;
    this.#next = sequence + 1;
    if (this.#next - this.#oldest > this.#sentUs.length) this.#grow();
    this.#sentUs[sequence % this.#sentUs.length] = sentUs;
    this.#size++;
  }

  /** The send time, which is then forgotten; undefined when the sequence is not outstanding. */
  take(sequence: number): number | undefined {
    if (sequence < this.#oldest || sequence >= this.#next) return undefined;
    const at = sequence % this.#sentUs.length;
    const sentUs = this.#sentUs[at]!;
    if (sentUs === 0) return undefined;
    this.#sentUs[at] = 0;
    this.#size--;
    while (this.#oldest < this.#next && this.#sentUs[this.#oldest % this.#sentUs.length] === 0)
      this.#oldest++;
    return sentUs;
  }

  sequences(): number[] {
    const found: number[] = [];
    for (let sequence = this.#oldest; sequence < this.#next; sequence++) {
      if (this.#sentUs[sequence % this.#sentUs.length] !== 0) found.push(sequence);
    }
    return found;
  }

  #grow(): void {
    const larger = new Float64Array(this.#sentUs.length * 2);
    for (let sequence = this.#oldest; sequence < this.#next - 1; sequence++) {
      larger[sequence % larger.length] = this.#sentUs[sequence % this.#sentUs.length]!;
    }
    this.#sentUs = larger;
  }
}
