/**
 * DeleteTopics: v1-6.
 * Behaviour: by name, from v6 on also by id; each topic has its own result and is gone when the answer is sent.
 */
import { errorCodes, type Refusal, refuse } from "../error-codes.ts";
import type { RequestContext } from "../request-context.ts";
import type { deleteTopicsMessage } from "../messages/20-delete-topics.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";
import { changeTopic } from "../topic-changes.ts";
import { ZERO_UUID } from "../types.ts";

type Request = RequestOf<typeof deleteTopicsMessage>;
type Response = ResponseOf<typeof deleteTopicsMessage>;
type Wanted = Request["topics"][number];
type Result = Response["responses"][number];

export async function deleteTopics(request: Request, context: RequestContext): Promise<Response> {
  const byName = request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
  const wanted = [...byName, ...request.topics];
  const times = new Map<string, number>();
  for (const topic of wanted) times.set(key(topic), (times.get(key(topic)) ?? 0) + 1);
  const responses: Result[] = [];
  for (const topic of wanted) {
    const refusal = requestRefusal(topic, times.get(key(topic))!);
    responses.push(refusal === null ? await deleteOne(topic, context) : failure(topic, refusal));
  }
  return { throttleTimeMs: 0, responses };
}

function key({ name, topicId }: Wanted): string {
  return name ?? `id ${topicId}`;
}

function requestRefusal({ name, topicId }: Wanted, times: number): Refusal | null {
  const byId = topicId !== ZERO_UUID;
  if (name !== null && byId)
    return refuse(errorCodes.INVALID_REQUEST, "Give a topic's name or its id, not both.");
  if (name === null && !byId)
    return refuse(errorCodes.INVALID_REQUEST, "Neither a topic's name nor its id is given.");
  return times > 1 ? refuse(errorCodes.INVALID_REQUEST, "Duplicate topic in the request.") : null;
}

async function deleteOne(wanted: Wanted, { engine }: RequestContext): Promise<Result> {
  const { name, topicId } = wanted;
  const found = name === null ? engine.topicById(topicId) : engine.topics.get(name);
  if (found === undefined) return failure(wanted, unknown(wanted));
  const refusal = await changeTopic(engine, found.name, async () => {
    // It may have been deleted, and even made anew, while earlier changes of its name were going on.
    if (engine.topicById(found.id) === undefined) return unknown(wanted);
    await engine.deleteTopic(found.name);
    return null;
  });
  if (refusal !== null) return failure(wanted, refusal);
  return { name: found.name, topicId: found.id, errorCode: errorCodes.NONE };
}

function unknown({ name }: Wanted): Refusal {
  return name === null
    ? refuse(errorCodes.UNKNOWN_TOPIC_ID, "This server does not host a topic of this id.")
    : refuse(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic.");
}

function failure({ name, topicId }: Wanted, { errorCode, errorMessage }: Refusal): Result {
  return { name, topicId, errorCode, errorMessage };
}
