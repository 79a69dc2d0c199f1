/**
 * How much of stored messages all queues together keep in memory. What comes when it is full is kept by the store alone, and
 * read back from there: a queue is read from its front, so that those which came first are the ones to keep.
 */
export class BodyCache {
  /** Bytes of bodies. */
  readonly capacityBytes: number;
  usedBytes = 0;
  /** The process is near its memory limit: what can be on disk is to be there alone, transient messages too. */
  isPaging = false;

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  get isFull(): boolean {
    return this.isPaging || this.usedBytes >= this.capacityBytes;
  }
}
