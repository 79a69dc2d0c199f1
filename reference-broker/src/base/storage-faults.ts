/** What the disk refused since the start: whoever watches `count` knows when something new has gone wrong. */
export interface StorageFaults {
  readonly count: number;
  /** Of the last one; null: there was none. */
  readonly lastError: string | null;
}
