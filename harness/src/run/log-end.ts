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
  let doneUs = Number.POSITIVE_INFINITY;
  question.publishersDone.then(
    () => (doneUs = nowUs()),
    () => undefined,
  );
  let messages = -1;
  let lastAdvanceUs = nowUs();
  for (;;) {
    const ends = await admin.logEnds(topic.name, partitions);
    const atUs = nowUs();
    const total = ends.values().reduce((sum, end) => sum + end, 0);
    if (total > messages) lastAdvanceUs = atUs;
    messages = total;
    if (partitions.every((partition) => (ends.get(partition) ?? 0) >= (question.expected[partition] ?? 0))) {
      return { coveredUs: atUs, lastAdvanceUs, messages };
    }
    if (atUs - Math.max(doneUs, lastAdvanceUs) > STALL_MS * 1000)
      return { coveredUs: null, lastAdvanceUs, messages };
    await sleep(POLL_INTERVAL_MS);
  }
}
