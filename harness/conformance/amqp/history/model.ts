/**
 * A queue as a sequential history sees it: what is ready, in order, and what the one client holds. Pure; times are
 * milliseconds of a monotonic clock. Where expiry leaves a choice the model names every answer that is allowed.
 */
export interface Item {
  readonly position: number;
  readonly body: string;
  /** null: unknown, as after a restart, when the flag is a hint only. */
  redelivered: boolean | null;
  /** It may have expired from the first on, and must have from the second. */
  readonly expiresFromMs: number;
  readonly expiresByMs: number;
}

export interface HeldItem extends Item {
  readonly tag: number;
}

export class QueueModel {
  readonly maxLength: number;
  ready: Item[] = [];
  held: HeldItem[] = [];
  #positions = 0;

  constructor(maxLength = Number.POSITIVE_INFINITY) {
    this.maxLength = maxLength;
  }

  nextBody(): string {
    return `m${this.#positions}`;
  }

  publish(body: string, expiresFromMs: number, expiresByMs: number): void {
    const position = this.#positions++;
    this.ready.push({ position, body, redelivered: false, expiresFromMs, expiresByMs });
    this.#dropHead();
  }

  /** Bodies that basic.get may answer between two times, null for get-empty. */
  allowedHeads(askedMs: number, answeredMs: number): (string | null)[] {
    const allowed: (string | null)[] = [];
    for (const item of this.ready) {
      if (item.expiresByMs > askedMs) allowed.push(item.body);
      if (item.expiresFromMs > answeredMs) return allowed;
    }
    return [...allowed, null];
  }

  /** The broker gave `body`: what stood before it had expired. */
  take(body: string, tag: number): HeldItem {
    const index = this.ready.findIndex((item) => item.body === body);
    const item = { ...this.ready[index]!, tag };
    this.ready.splice(0, index + 1);
    this.held.push(item);
    return item;
  }

  /** The broker gave nothing: everything had expired. */
  foundEmpty(): void {
    this.ready = [];
  }

  settle(tags: readonly number[]): void {
    this.held = this.held.filter(({ tag }) => !tags.includes(tag));
  }

  requeue(tags: readonly number[], redelivered: boolean | null = true): void {
    const back = this.held.filter(({ tag }) => tags.includes(tag));
    this.settle(tags);
    for (const { tag: _, ...item } of back) this.ready.push({ ...item, redelivered });
    this.ready.sort((a, b) => a.position - b.position);
    this.#dropHead();
  }

  /** The client is gone. */
  requeueAll(redelivered: boolean | null = true): void {
    this.requeue(
      this.held.map(({ tag }) => tag),
      redelivered,
    );
  }

  /** The fewest and most messages that a count may tell between two times. */
  countRange(askedMs: number): [least: number, most: number] {
    const alive = this.ready.filter(({ expiresFromMs }) => expiresFromMs > askedMs).length;
    return [alive, this.ready.length];
  }

  purge(): void {
    this.ready = [];
  }

  forgetFlags(): void {
    for (const item of this.ready) item.redelivered = null;
  }

  #dropHead(): void {
    while (this.ready.length > this.maxLength) this.ready.shift();
  }
}
