/** Kept of each kind of anomaly. */
const MAX_EXAMPLES = 3;

export type Anomaly = "lost" | "duplicated" | "reordered" | "corrupted" | "foreign" | "dropped";

/** The first few of each kind, in words. */
export class Examples {
  readonly list: string[] = [];
  readonly #counts = new Map<Anomaly, number>();

  /** `text` is asked for only when it is kept. */
  add(kind: Anomaly, text: () => string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= MAX_EXAMPLES) this.list.push(`${kind}: ${text()}`);
  }
}
