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
  const groups = Map.groupBy([...byName, ...request.topics], (wanted) => identity(wanted, context));
  const responses: Result[] = [];
  for (const [wanted, ...more] of groups.values()) {
    const refusal = requestRefusal(wanted!, more.length > 0);
    responses.push(refusal === null ? await deleteOne(wanted!, context) : failure(wanted!, refusal));
  }
  return { throttleTimeMs: 0, responses };
}

/** Equal for two entries that mean the same topic, even if one names it and the other gives its id. */
function identity({ name, topicId }: Wanted, { engine }: RequestContext): string {
  if (topicId !== ZERO_UUID) return `id ${topicId}`;
  const topic = name === null ? undefined : engine.topics.get(name);
  return topic === undefined ? `name ${name}` : `id ${topic.id}`;
}

function requestRefusal({ name, topicId }: Wanted, isRepeated: boolean): Refusal | null {
  const byId = topicId !== ZERO_UUID;
  if (name !== null && byId)
    return refuse(errorCodes.INVALID_REQUEST, "Give a topic's name or its id, not both.");
  if (name === null && !byId)
    return refuse(errorCodes.INVALID_REQUEST, "Neither a topic's name nor its id is given.");
  return isRepeated ? refuse(errorCodes.INVALID_REQUEST, "The topic stands twice in the request.") : null;
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
