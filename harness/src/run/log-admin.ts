import { setTimeout as sleep } from "node:timers/promises";

/** What the orchestrator asks of a log broker outside the load, on a connection of its own. */
export interface LogAdmin extends AsyncDisposable {
  createTopic(topic: string, partitions: number): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  /** Log end offset (high watermark) by partition. */
  logEnds(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, number>>;
}

const DELETE_TIMEOUT_MS = 5_000;

/** A topic that is deleted when it is disposed of. */
export interface TemporaryTopic extends AsyncDisposable {
  readonly name: string;
  readonly partitions: number;
}

export async function createTemporaryTopic(
  admin: LogAdmin,
  name: string,
  partitions: number,
): Promise<TemporaryTopic> {
  await admin.createTopic(name, partitions);
  return {
    name,
    partitions,
    // The broker may be what failed: a target of ours is removed with its data, another keeps the topic.
    [Symbol.asyncDispose]: () => Promise.race([admin.deleteTopic(name).catch(() => undefined), patience()]),
  };
}

function patience(): Promise<void> {
  return sleep(DELETE_TIMEOUT_MS, undefined, { ref: false });
}
