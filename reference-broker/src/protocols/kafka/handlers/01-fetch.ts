// Fetch: v4-18
// Behavior: answers at once when min_bytes are there, an error is to be told or max_wait_ms is 0; else it waits for
//   appends and never answers empty before max_wait_ms. Batches come as stored, beginning with the one that holds the
//   wanted offset; the first batch of a response comes whole whatever the limits say (KIP-74).
// Version notes: v7+ incremental sessions (KIP-227) are never granted: session id 0, full responses, which every client
//   accepts. v13+ names topics by id.
// Left out: transactions, so read_committed equals read_uncommitted; followers, diverging epochs, preferred replicas.
import type { Partition, Topic } from "../../../engines/log/contract.ts";
import { errorCodes } from "../error-codes.ts";
import type { fetchMessage } from "../messages/01-fetch.ts";
import type { RequestContext } from "../request-context.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";

type Request = RequestOf<typeof fetchMessage>;
type Response = ResponseOf<typeof fetchMessage>;
type Wanted = Request["topics"][number]["partitions"][number];
type Answer = Response["responses"][number]["partitions"][number];

/** Kafka's fetch.max.bytes: no response is larger, except for a single larger batch. */
const MAX_RESPONSE_BYTES = 55 * 1024 * 1024;

interface Target {
  readonly wanted: Wanted;
  readonly partition: Partition | null;
  readonly error: keyof typeof errorCodes | null;
}

export function fetch(request: Request, context: RequestContext): Response | Promise<Response> {
  if (request.sessionId !== 0 && request.sessionEpoch > 0) {
    return { throttleTimeMs: 0, errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, responses: [] };
  }
  const targets = request.topics.map(({ topic, topicId, partitions }) => {
    const found =
      context.apiVersion >= 13 ? context.engine.topicById(topicId) : context.engine.topics.get(topic);
    return partitions.map((wanted) => resolve(found, wanted, context.apiVersion));
  });
  const flat = targets.flat();
  if (request.maxWaitMs <= 0 || isSatisfied(flat, request.minBytes)) return respond(request, targets);
  return waitForBytes(flat, request, context).then(() => respond(request, targets));
}

function resolve(topic: Topic | undefined, wanted: Wanted, apiVersion: number): Target {
  const refuse = (error: keyof typeof errorCodes): Target => ({ wanted, partition: null, error });
  if (topic === undefined)
    return refuse(apiVersion >= 13 ? "UNKNOWN_TOPIC_ID" : "UNKNOWN_TOPIC_OR_PARTITION");
  const partition = topic.partitions[wanted.partition];
  if (partition === undefined) return refuse("UNKNOWN_TOPIC_OR_PARTITION");
  const epoch = wanted.currentLeaderEpoch;
  if (epoch >= 0 && epoch < partition.leaderEpoch) return refuse("FENCED_LEADER_EPOCH");
  if (epoch > partition.leaderEpoch) return refuse("UNKNOWN_LEADER_EPOCH");
  const inRange =
    wanted.fetchOffset >= partition.logStartOffset && wanted.fetchOffset <= partition.logEndOffset;
  return { wanted, partition, error: inRange ? null : "OFFSET_OUT_OF_RANGE" };
}

/** Enough bytes, or something to tell at once. */
function isSatisfied(targets: readonly Target[], minBytes: number): boolean {
  let available = 0;
  for (const { wanted, partition, error } of targets) {
    if (error !== null || partition === null) return true;
    if (wanted.fetchOffset < partition.logEndOffset) {
      available += Math.min(partition.availableBytes(wanted.fetchOffset, minBytes), wanted.partitionMaxBytes);
    }
    if (available >= minBytes && available > 0) return true;
  }
  return minBytes <= 0 || targets.length === 0;
}

function waitForBytes(targets: readonly Target[], request: Request, context: RequestContext): Promise<void> {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      for (const unwatch of unwatches) unwatch();
      done();
    };
    const timer = setTimeout(finish, request.maxWaitMs);
    const check = () => {
      if (isSatisfied(targets, request.minBytes)) finish();
    };
    const unwatches = targets.flatMap(({ partition }) =>
      partition === null ? [] : [partition.watch(check)],
    );
    unwatches.push(context.onClose(finish));
  });
}

async function respond(request: Request, targets: readonly (readonly Target[])[]): Promise<Response> {
  let remaining = Math.min(request.maxBytes, MAX_RESPONSE_BYTES);
  let isFirst = true;
  const responses: Response["responses"][number][] = [];
  for (const [at, { topic, topicId }] of request.topics.entries()) {
    const partitions: Answer[] = [];
    for (const target of targets[at]!) {
      const answer = await readPartition(target, remaining, isFirst);
      if (answer.bytes > 0) isFirst = false;
      remaining -= answer.bytes;
      partitions.push(answer.partition);
    }
    responses.push({ topic, topicId, partitions });
  }
  return { throttleTimeMs: 0, errorCode: 0, responses };
}

async function readPartition(
  { wanted, partition, error }: Target,
  remaining: number,
  isFirst: boolean,
): Promise<{ partition: Answer; bytes: number }> {
  const partitionIndex = wanted.partition;
  if (partition === null) {
    const failed = {
      partitionIndex,
      errorCode: errorCodes[error!],
      highWatermark: -1,
      abortedTransactions: null,
      records: [],
    };
    return { partition: failed, bytes: 0 };
  }
  const ends = {
    partitionIndex,
    highWatermark: partition.logEndOffset,
    lastStableOffset: partition.logEndOffset,
    logStartOffset: partition.logStartOffset,
    abortedTransactions: null,
  };
  if (error !== null) return { partition: { ...ends, errorCode: errorCodes[error], records: [] }, bytes: 0 };
  const limit = Math.max(0, Math.min(remaining, wanted.partitionMaxBytes));
  const reading =
    limit > 0 || isFirst ? partition.read(wanted.fetchOffset, limit, isFirst) : { buffers: [], bytes: 0 };
  const { buffers, bytes } = reading instanceof Promise ? await reading : reading;
  return { partition: { ...ends, errorCode: 0, records: buffers }, bytes };
}
