/**
 * CreateTopics: v2-7.
 * Behaviour: each topic has its own result; the good ones exist when the answer is sent, whatever the timeout says.
 * A manual assignment may only name this node. With validateOnly everything is checked and nothing created.
 */
import type { Topic } from "../../../engines/log/contract.ts";
import { validateOverride } from "../../../engines/log/topic-config.ts";
import { topicConfigEntries } from "../config-entries.ts";
import { errorCodes, type Refusal, refuse } from "../error-codes.ts";
import type { RequestContext } from "../request-context.ts";
import type { createTopicsMessage } from "../messages/19-create-topics.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";
import { changeTopic } from "../topic-changes.ts";
import { creationRefusal } from "../topic-names.ts";
import { ZERO_UUID } from "../types.ts";

type Request = RequestOf<typeof createTopicsMessage>;
type Response = ResponseOf<typeof createTopicsMessage>;
type Wanted = Request["topics"][number];
type Result = Response["topics"][number];

/** Kafka's limit for one request. */
const MAX_PARTITIONS_PER_REQUEST = 10_000;
/** Stands for "the broker's default", and for "see the assignment". */
const DEFAULT = -1;

export async function createTopics(request: Request, context: RequestContext): Promise<Response> {
  const topics = tooManyPartitions(request, context)
    ? request.topics.map(({ name }) => failure(name, TOO_MANY_PARTITIONS))
    : await createAll(request, context);
  return { throttleTimeMs: 0, topics };
}

const TOO_MANY_PARTITIONS = refuse(
  errorCodes.POLICY_VIOLATION,
  `One request may create at most ${MAX_PARTITIONS_PER_REQUEST} partitions.`,
);

function tooManyPartitions({ topics }: Request, context: RequestContext): boolean {
  const partitions = topics.reduce((sum, topic) => sum + Math.max(0, partitionCount(topic, context)), 0);
  return partitions > MAX_PARTITIONS_PER_REQUEST;
}

function partitionCount({ numPartitions, assignments }: Wanted, context: RequestContext): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === DEFAULT ? context.defaultPartitions : numPartitions;
}

/** A name that stands twice in the request is refused once and not created. */
async function createAll(request: Request, context: RequestContext): Promise<Result[]> {
  const byName = new Map<string, Wanted[]>();
  for (const wanted of request.topics) byName.set(wanted.name, [...(byName.get(wanted.name) ?? []), wanted]);
  const results: Result[] = [];
  for (const [name, [wanted, ...more]] of byName) {
    results.push(
      more.length > 0
        ? failure(name, refuse(errorCodes.INVALID_REQUEST, "Duplicate topic name."))
        : await createOne(wanted!, request.validateOnly, context),
    );
  }
  return results;
}

async function createOne(wanted: Wanted, validateOnly: boolean, context: RequestContext): Promise<Result> {
  const { engine } = context;
  const { name } = wanted;
  const overrides: Record<string, string> = {};
  for (const config of wanted.configs)
    if (config.value !== null) overrides[config.name] = config.value.trim();
  const created = await changeTopic(engine, name, async (): Promise<Topic | Refusal | null> => {
    const refusal = creationRefusal(engine, name) ?? configRefusal(wanted) ?? layoutRefusal(wanted, context);
    if (refusal !== null || validateOnly) return refusal;
    return engine.createTopic(name, partitionCount(wanted, context), overrides);
  });
  if (created !== null && "errorCode" in created) return failure(name, created);
  return {
    name,
    topicId: created === null ? ZERO_UUID : created.id,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    numPartitions: partitionCount(wanted, context),
    replicationFactor: 1,
    configs: topicConfigEntries(overrides, context.topicDefaults),
  };
}

function configRefusal({ configs }: Wanted): Refusal | null {
  for (const { name, value } of configs) {
    const problem =
      value === null ? `Null value not supported for topic config ${name}` : validateOverride(name, value);
    if (problem !== null) return refuse(errorCodes.INVALID_CONFIG, problem);
  }
  return null;
}

function layoutRefusal(wanted: Wanted, { node }: RequestContext): Refusal | null {
  const { numPartitions, replicationFactor } = wanted;
  if (wanted.assignments.length > 0) return assignmentRefusal(wanted, node.id);
  if (replicationFactor === 0 || replicationFactor < DEFAULT) {
    const problem = "Replication factor must be larger than 0, or -1 for the default.";
    return refuse(errorCodes.INVALID_REPLICATION_FACTOR, problem);
  }
  if (numPartitions === 0 || numPartitions < DEFAULT) {
    const problem = "Number of partitions must be larger than 0, or -1 for the default.";
    return refuse(errorCodes.INVALID_PARTITIONS, problem);
  }
  if (replicationFactor > 1) {
    const problem = `Replication factor ${replicationFactor} is larger than the number of brokers, which is 1.`;
    return refuse(errorCodes.INVALID_REPLICATION_FACTOR, problem);
  }
  return null;
}

function assignmentRefusal(wanted: Wanted, nodeId: number): Refusal | null {
  if (wanted.numPartitions !== DEFAULT || wanted.replicationFactor !== DEFAULT) {
    const problem = "With a manual assignment, number of partitions and replication factor must be -1.";
    return refuse(errorCodes.INVALID_REQUEST, problem);
  }
  const { assignments } = wanted;
  const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex));
  const consecutive = assignments.every((_, index) => indexes.has(index));
  const problem = consecutive
    ? assignments.map(({ brokerIds }) => replicasProblem(brokerIds, nodeId)).find((found) => found !== null)
    : "Assigned partitions must be numbered from 0 without gap or repetition.";
  return problem === undefined ? null : refuse(errorCodes.INVALID_REPLICA_ASSIGNMENT, problem);
}

function replicasProblem(brokerIds: readonly number[], nodeId: number): string | null {
  if (brokerIds.length === 0) return "The assignment of a partition has no replica.";
  const stranger = brokerIds.find((id) => id !== nodeId);
  if (stranger !== undefined) return `The assignment names broker ${stranger}, but there is only ${nodeId}.`;
  return brokerIds.length > 1 ? `The assignment names broker ${nodeId} twice for a partition.` : null;
}

function failure(name: string, { errorCode, errorMessage }: Refusal): Result {
  return { name, topicId: ZERO_UUID, errorCode, errorMessage, configs: [] };
}
