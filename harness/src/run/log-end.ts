/**
 * When did the log take the last message? Asked of the broker itself (ListOffsets) for every acks, because what
 * a client believes sent is not throughput. With acks 0 nothing else could tell.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LogAdmin, TemporaryTopic } from "./log-admin.ts";

const POLL_INTERVAL_MS = 1;
/** No progress for this long after the publishers are done: what is missing will not come. */
const STALL_MS = 5_000;

export interface LogEnd {
  /** The log end covers every message of the publishers; null when it stopped short of that. */
  readonly coveredUs: number | null;
  /** When the log end was last seen to move. */
  readonly lastAdvanceUs: number;
  readonly messages: number;
}

export interface LogEndQuestion {
  readonly admin: LogAdmin;
  readonly topic: TemporaryTopic;
  /** Messages sent to each partition. */
  readonly expected: Readonly<Record<number, number>>;
  /** Resolves when no publisher will send or confirm any more. */
  readonly publishersDone: Promise<unknown>;
  readonly nowUs: () => number;
}

export async function watchLogEnd(question: LogEndQuestion): Promise<LogEnd> {
  const { admin, topic, nowUs } = question;
  const partitions = Array.from({ length: topic.partitions }, (_, partition) => partition);
  const tracker = new LogEndTracker(question.expected, nowUs());
  question.publishersDone.then(
    () => tracker.publishersDone(nowUs()),
    () => undefined,
  );
  for (;;) {
    const ends = await admin.logEnds(topic.name, partitions);
    const end = tracker.observe(ends, nowUs());
    if (end !== null) return end;
    await sleep(POLL_INTERVAL_MS);
  }
}

/** Decides from successive answers when to stop asking. Pure: time comes from outside. */
export class LogEndTracker {
  readonly #expected: readonly (readonly [partition: number, messages: number])[];
  #messages = 0;
  #lastAdvanceUs: number;
  #doneUs = Number.POSITIVE_INFINITY;

  constructor(expected: Readonly<Record<number, number>>, nowUs: number) {
    this.#expected = Object.entries(expected).map(([partition, messages]) => [Number(partition), messages]);
    this.#lastAdvanceUs = nowUs;
  }

  publishersDone(nowUs: number): void {
    this.#doneUs = nowUs;
  }

  /** The answer once it is final, else null. */
  observe(ends: ReadonlyMap<number, number>, nowUs: number): LogEnd | null {
    const messages = ends.values().reduce((sum, end) => sum + end, 0);
    if (messages > this.#messages) this.#lastAdvanceUs = nowUs;
    this.#messages = messages;
    const end = { lastAdvanceUs: this.#lastAdvanceUs, messages };
    const covered = this.#expected.every(([partition, expected]) => (ends.get(partition) ?? 0) >= expected);
    if (covered) return { ...end, coveredUs: nowUs };
    const stalled = nowUs - Math.max(this.#doneUs, this.#lastAdvanceUs) > STALL_MS * 1000;
    return stalled ? { ...end, coveredUs: null } : null;
  }
}
