/**
 * One change of a topic at a time: creations and deletions that could meet (same name, or names that collide) wait
 * for one another, so that what a handler has checked still holds when it acts.
 */
import type { LogEngine, Topic } from "../../engines/log/contract.ts";
import { BrokerError } from "../../errors.ts";
import { errorCodes, type Refusal, refuse } from "./error-codes.ts";
import { collisionKey, creationRefusal } from "./topic-names.ts";

const lastChanges = new WeakMap<LogEngine, Map<string, Promise<unknown>>>();

/** The topic of this name, made now if there is none and the name allows it. */
export function findOrCreateTopic(
  engine: LogEngine,
  name: string,
  partitions: number,
): Promise<Topic | Refusal> {
  return changeTopic(engine, name, async () => {
    const existing = engine.topics.get(name);
    if (existing !== undefined) return existing;
    return creationRefusal(engine, name) ?? engine.createTopic(name, partitions, {});
  });
}

/** Runs `change` after all earlier changes of `topicName`. A storage failure becomes a refusal. */
export async function changeTopic<T>(
  engine: LogEngine,
  topicName: string,
  change: () => Promise<T>,
): Promise<T | Refusal> {
  const changes = lastChanges.get(engine) ?? new Map<string, Promise<unknown>>();
  lastChanges.set(engine, changes);
  const key = collisionKey(topicName);
  const earlier = changes.get(key) ?? Promise.resolve();
  const done = earlier.then(change).catch(storageRefusal);
  const settled = done.catch(() => undefined);
  changes.set(key, settled);
  try {
    return await done;
  } finally {
    if (changes.get(key) === settled) changes.delete(key);
  }
}

function storageRefusal(error: unknown): Refusal {
  if (error instanceof BrokerError && error.code === "STORAGE_FAILED") {
    return refuse(errorCodes.KAFKA_STORAGE_ERROR, error.message);
  }
  throw error;
}
