/**
 * What one queue and its dead letters owe their clients: every message published to it, what became of it, and every
 * anomaly. Pure; counted as things happen, over as many lives of the broker as there are.
 */

/** Where a delivery came from: the queue itself or the queue of its dead letters. */
export type Place = "live" | "dead";

export interface Published {
  readonly publisher: number;
  /** The lane that the queue keeps it in. */
  readonly priority: number;
  readonly bytes: number;
}

interface Entry extends Published {
  answer: "none" | "confirmed" | "nacked";
  live: number;
  dead: number;
}

/** Bits of Entry.live and Entry.dead. */
const SEEN = 1;
/** An ack was sent: the message may be gone. */
const ACKED = 2;
/** A synchronous reply followed: the message is gone. */
const SURE = 4;

export interface Anomalies {
  /** Confirmed, never acknowledged, and not there in the end. */
  readonly lost: number;
  /** A number that was never published to this queue. */
  readonly phantoms: number;
  /** A body that is not as it was published. */
  readonly corrupt: number;
  /** Nacked by the broker, and delivered. */
  readonly refusedDelivered: number;
  /** Delivered though its ack had been followed by a synchronous reply. */
  readonly returned: number;
  /** Never redelivered, and behind one of its publisher and priority that was published later. */
  readonly reordered: number;
  /** Delivered before, and now not marked as redelivered. */
  readonly dishonest: number;
  /** Dead letters beyond one for each life of the broker. */
  readonly deadCopies: number;
}

export interface Counts {
  readonly published: number;
  readonly confirmed: number;
  readonly nacked: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly acked: number;
  /** Acks that no synchronous reply followed before the kill. */
  readonly uncertainAcks: number;
  /** Published without a confirm before the kill, and there nevertheless. */
  readonly unconfirmedKept: number;
  /** Deliveries of messages whose ack was uncertain. */
  readonly uncertainReturned: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export const noAnomalies = (): Mutable<Anomalies> => ({
  ...{ lost: 0, phantoms: 0, corrupt: 0, refusedDelivered: 0 },
  ...{ returned: 0, reordered: 0, dishonest: 0, deadCopies: 0 },
});

const noCounts = (): Mutable<Counts> => ({
  ...{ published: 0, confirmed: 0, nacked: 0, delivered: 0, deadLettered: 0 },
  ...{ acked: 0, uncertainAcks: 0, unconfirmedKept: 0, uncertainReturned: 0 },
});

export class QueueLedger {
  readonly #entries = new Map<number, Entry>();
  readonly #copies = new Map<number, number>();
  readonly #anomalies = noAnomalies();
  readonly #counts = noCounts();
  /** Highest number delivered in turn, by publisher and priority. */
  readonly #highest = new Map<string, number>();
  #lives = 1;
  readonly #nacksAreFinal: boolean;
  #repliesAreHonest = true;
  /** First anomalies in words. */
  readonly findings: string[] = [];

  /** `nacksAreFinal`: what was nacked must never be delivered. A failing disk leaves it open. */
  constructor(nacksAreFinal = true) {
    this.#nacksAreFinal = nacksAreFinal;
  }

  get confirmedCount(): number {
    return this.#counts.confirmed;
  }

  get nackedCount(): number {
    return this.#counts.nacked;
  }

  published(number: number, message: Published): void {
    this.#counts.published++;
    this.#entries.set(number, { ...message, answer: "none", live: 0, dead: 0 });
  }

  confirmed(number: number): void {
    this.#counts.confirmed++;
    this.#entries.get(number)!.answer = "confirmed";
  }

  nacked(number: number): void {
    this.#counts.nacked++;
    this.#entries.get(number)!.answer = "nacked";
  }

  /** `number` null: the body is damaged. False: the message is not to be settled by its number. */
  delivered(place: Place, number: number | null, bytes: number, redelivered: boolean): boolean {
    this.#counts.delivered++;
    const entry = number === null ? undefined : this.#entries.get(number);
    if (number === null || entry === undefined || entry.bytes !== bytes) {
      this.#found(
        number === null || entry !== undefined ? "corrupt" : "phantoms",
        number ?? -1,
        place,
        redelivered,
      );
      return false;
    }
    if (entry.answer === "nacked" && this.#nacksAreFinal)
      this.#found("refusedDelivered", number, place, redelivered);
    if ((entry[place] & ACKED) !== 0 && place === "live") this.#cameBack(number, entry, redelivered);
    if (place === "live") {
      if ((entry.live & SEEN) !== 0 && !redelivered) this.#found("dishonest", number, place, redelivered);
      if (!redelivered) this.#checkOrder(number, entry, "");
    } else {
      if (entry.dead === 0) this.#counts.deadLettered++;
      if (!redelivered) this.#countCopy(number);
    }
    entry[place] |= SEEN;
    return true;
  }

  /** In the last reading, by one consumer: what was redelivered has kept its place too. */
  drained(place: Place, number: number): void {
    const entry = this.#entries.get(number)!;
    if (place === "live") this.#checkOrder(number, entry, "drain");
  }

  #cameBack(number: number, entry: Entry, redelivered: boolean): void {
    if ((entry.live & SURE) !== 0) this.#found("returned", number, "live", redelivered);
    else this.#counts.uncertainReturned++;
  }

  #checkOrder(number: number, entry: Entry, reading: string): void {
    const key = `${reading}${entry.publisher}/${entry.priority}`;
    const highest = this.#highest.get(key) ?? -1;
    if (number < highest) this.#found("reordered", number, "live", reading !== "");
    else this.#highest.set(key, number);
  }

  #countCopy(number: number): void {
    const copies = (this.#copies.get(number) ?? 0) + 1;
    this.#copies.set(number, copies);
    if (copies > this.#lives) this.#found("deadCopies", number, "dead", false);
  }

  acked(place: Place, number: number): void {
    this.#counts.acked++;
    this.#counts.uncertainAcks++;
    this.#entries.get(number)![place] |= ACKED;
  }

  /** A synchronous reply followed the ack on its channel. */
  ackIsSure(place: Place, number: number): void {
    if (!this.#repliesAreHonest) return;
    this.#counts.uncertainAcks--;
    this.#entries.get(number)![place] |= SURE;
  }

  /** The broker was killed. */
  restarted(): void {
    this.#lives++;
    this.#repliesAreHonest = true;
  }

  /** For the rest of this life a reply does not say that the acks before it are stored: the disk refuses them. */
  diskFails(): void {
    this.#repliesAreHonest = false;
  }

  /** Confirmed, and never acknowledged. */
  lostNumbers(): number[] {
    const lost: number[] = [];
    for (const [number, { answer, live, dead }] of this.#entries) {
      if (answer === "confirmed" && ((live | dead) & ACKED) === 0) lost.push(number);
    }
    return lost;
  }

  /** Of the body with this number; undefined: none was published. */
  bodyBytes(number: number): number | undefined {
    return this.#entries.get(number)?.bytes;
  }

  /** Whether every confirmed message was acknowledged. */
  get isAccounted(): boolean {
    for (const { answer, live, dead } of this.#entries.values()) {
      if (answer === "confirmed" && ((live | dead) & ACKED) === 0) return false;
    }
    return true;
  }

  /** To be called when both queues are empty. */
  judge(): { anomalies: Anomalies; counts: Counts } {
    for (const [number, { answer, live, dead }] of this.#entries) {
      const isAccounted = ((live | dead) & ACKED) !== 0;
      if (answer === "confirmed" && !isAccounted) this.#found("lost", number, "live", false);
      if (answer === "none" && isAccounted) this.#counts.unconfirmedKept++;
    }
    return { anomalies: { ...this.#anomalies }, counts: { ...this.#counts } };
  }

  #found(kind: keyof Anomalies, number: number, place: Place, redelivered: boolean): void {
    this.#anomalies[kind]++;
    if (this.findings.length >= 10) return;
    const entry = JSON.stringify(this.#entries.get(number) ?? null);
    this.findings.push(`${kind}: ${number} ${place} redelivered=${redelivered} life ${this.#lives} ${entry}`);
  }
}
