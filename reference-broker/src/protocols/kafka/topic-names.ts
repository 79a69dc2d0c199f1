/** Rules for topic names, Kafka's own. */
import type { LogEngine, Topic } from "../../engines/log/contract.ts";
import { errorCodes, type Refusal, refuse } from "./error-codes.ts";

const MAX_LENGTH = 249;
const INTERNAL = new Set(["__consumer_offsets", "__transaction_state", "__share_group_state"]);

export function isInternalTopic(name: string): boolean {
  return INTERNAL.has(name);
}

/** What is wrong with `name`, in one sentence, or null. */
export function topicNameProblem(name: string): string | null {
  if (name === "") return "Topic name is invalid: the empty string is not allowed";
  if (name === "." || name === "..") return `Topic name is invalid: '${name}' is not allowed`;
  if (name.length > MAX_LENGTH) {
    return `Topic name is invalid: ${name.length} characters are more than ${MAX_LENGTH}`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' contains characters other than ASCII letters, digits, '.', '_' and '-'`;
  }
  return null;
}

/** Metric names know no difference between `.` and `_`, so topics must not differ in that alone. */
export function collisionKey(name: string): string {
  return name.replaceAll(".", "_");
}

/** Why no topic of this name can be created now, or null. */
export function creationRefusal(engine: LogEngine, name: string): Refusal | null {
  const problem = topicNameProblem(name);
  if (problem !== null) return refuse(errorCodes.INVALID_TOPIC_EXCEPTION, problem);
  if (engine.topics.has(name))
    return refuse(errorCodes.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  const other = collidingTopic(engine, name);
  if (other === undefined) return null;
  return refuse(
    errorCodes.INVALID_TOPIC_EXCEPTION,
    `Topic '${name}' collides with existing topic '${other.name}'`,
  );
}

function collidingTopic(engine: LogEngine, name: string): Topic | undefined {
  if (!/[._]/.test(name)) return undefined;
  const key = collisionKey(name);
  for (const topic of engine.topics.values()) if (collisionKey(topic.name) === key) return topic;
  return undefined;
}
