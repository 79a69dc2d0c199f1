/**
 * Metadata: v0-13.
 * Behaviour: this node leads every partition. A topic that does not exist is created if broker and request both allow
 * it, and is in the same answer with its leader.
 * Left out: authorization. Every operation is allowed, and said to be where the request asks.
 */
import type { Topic } from "../../../engines/log/contract.ts";
import { clusterOperations, operationsIf, topicOperations } from "../authorized-operations.ts";
import { type ErrorCode, errorCodes } from "../error-codes.ts";
import type { RequestContext } from "../request-context.ts";
import type { metadataMessage } from "../messages/03-metadata.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";
import { findOrCreateTopic } from "../topic-changes.ts";
import { isInternalTopic, topicNameProblem } from "../topic-names.ts";
import { ZERO_UUID } from "../types.ts";

type Request = RequestOf<typeof metadataMessage>;
type Response = ResponseOf<typeof metadataMessage>;
type Wanted = NonNullable<Request["topics"]>[number];
type Result = Response["topics"][number];

/** First version in which a topic may be asked for by its id, or without a name. */
const BY_ID_SINCE = 12;

export async function metadata(request: Request, context: RequestContext): Promise<Response> {
  const { engine, node, apiVersion } = context;
  const topics: Result[] = [];
  if (wantsAll(request, apiVersion)) {
    for (const topic of engine.topics.values()) topics.push(describe(topic, request, context));
  } else {
    for (const wanted of distinct(request.topics ?? [])) topics.push(await find(wanted, request, context));
  }
  return {
    throttleTimeMs: 0,
    brokers: [{ nodeId: node.id, host: node.host, port: node.port, rack: node.rack ?? null }],
    clusterId: engine.clusterId,
    controllerId: node.id,
    topics,
    clusterAuthorizedOperations: operationsIf(request.includeClusterAuthorizedOperations, clusterOperations),
    errorCode: errorCodes.NONE,
  };
}

/** Null asks for all topics; v0 has no null and says it with an empty array. */
function wantsAll({ topics }: Request, apiVersion: number): boolean {
  return topics === null || (apiVersion === 0 && topics.length === 0);
}

/** A topic asked for twice is answered once, so that a small request cannot ask for a boundless answer. */
function distinct(topics: readonly Wanted[]): Iterable<Wanted> {
  return new Map(topics.map((wanted) => [`${wanted.topicId} ${wanted.name ?? ""}`, wanted])).values();
}

async function find(wanted: Wanted, request: Request, context: RequestContext): Promise<Result> {
  const { engine, apiVersion } = context;
  const { name, topicId } = wanted;
  const byId = topicId !== ZERO_UUID;
  if (byId ? apiVersion < BY_ID_SINCE : name === null)
    return failure(wanted, errorCodes.INVALID_REQUEST, request);
  if (byId) {
    const topic = engine.topicById(topicId);
    if (topic !== undefined) return describe(topic, request, context);
    return failure({ name: null, topicId }, errorCodes.UNKNOWN_TOPIC_ID, request);
  }
  const topic = engine.topics.get(name!) ?? (await create(name!, request, context));
  return typeof topic === "number" ? failure(wanted, topic, request) : describe(topic, request, context);
}

/** The topic, made now if that is allowed, or the error that is to be answered. */
async function create(name: string, request: Request, context: RequestContext): Promise<Topic | ErrorCode> {
  const { engine } = context;
  if (topicNameProblem(name) !== null) return errorCodes.INVALID_TOPIC_EXCEPTION;
  if (!context.autoCreateTopics || !request.allowAutoTopicCreation)
    return errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  const created = await findOrCreateTopic(engine, name, context.defaultPartitions);
  return "errorCode" in created ? created.errorCode : created;
}

function describe(topic: Topic, request: Request, { node }: RequestContext): Result {
  return {
    errorCode: errorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map(({ index, leaderEpoch }) => ({
      errorCode: errorCodes.NONE,
      partitionIndex: index,
      leaderId: node.id,
      leaderEpoch,
      replicaNodes: [node.id],
      isrNodes: [node.id],
      offlineReplicas: [],
    })),
    topicAuthorizedOperations: operationsIf(request.includeTopicAuthorizedOperations, topicOperations),
  };
}

/** Before v12 a name cannot be null, in an answer either. A topic known by its id alone shows no operations. */
function failure({ name, topicId }: Wanted, errorCode: ErrorCode, request: Request): Result {
  return {
    errorCode,
    name: name ?? (topicId === ZERO_UUID ? "" : null),
    topicId,
    partitions: [],
    topicAuthorizedOperations: operationsIf(
      name !== null && request.includeTopicAuthorizedOperations,
      topicOperations,
    ),
  };
}
