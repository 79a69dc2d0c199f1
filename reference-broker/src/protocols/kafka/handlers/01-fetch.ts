// Fetch: v4-18
// Behavior: answers at once when min_bytes are there, an error is to be told or max_wait_ms is 0; else it waits for
//   appends and never answers empty before max_wait_ms. Batches come as stored, beginning with the one that holds the
//   wanted offset; the first batch of a response comes whole whatever the limits say (KIP-74).
// Version notes: v7+ incremental sessions (KIP-227) are never granted: session id 0, full responses, which every client
//   accepts. v13+ names topics by id.
// Left out: transactions, so read_committed equals read_uncommitted; followers, diverging epochs, preferred replicas.
import type { Partition, Topic } from "../../../engines/log/contract.ts";
import { DamagedLog } from "../../../mechanisms/record-batch.ts";
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
  const targets = resolveAll(request, context);
  const flat = targets.flat();
  if (request.maxWaitMs <= 0 || isSatisfied(flat, request.minBytes)) return respond(request, targets);
  // Topics may have gone while it waited, or their oldest records.
  return waitForBytes(flat, request, context).then(() => respond(request, resolveAll(request, context)));
}

function resolveAll({ topics }: Request, { engine, apiVersion }: RequestContext): Target[][] {
  return topics.map(({ topic, topicId, partitions }) => {
    const found = apiVersion >= 13 ? engine.topicById(topicId) : engine.topics.get(topic);
    return partitions.map((wanted) => resolve(found, wanted, apiVersion));
  });
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
    if (error !== null || partition === null || partition.isDeleted) return true;
    if (wanted.fetchOffset < partition.logEndOffset) {
      available += Math.min(partition.availableBytes(wanted.fetchOffset, minBytes), wanted.partitionMaxBytes);
    }
    if (available >= minBytes && available > 0) return true;
  }
  return minBytes <= 0 || targets.length === 0;
}

function waitForBytes(targets: readonly Target[], request: Request, context: RequestContext): Promise<void> {
  return new Promise((done) => {
    const { timers } = context;
    const finish = () => {
      timers.cancel(timer);
      for (const unwatch of unwatches) unwatch();
      done();
    };
    const timer = timers.schedule(timers.now() + request.maxWaitMs, { expired: finish }, 0);
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
  if (partition === null || error !== null) return failure(wanted.partition, error!, partition);
  const limit = Math.max(0, Math.min(remaining, wanted.partitionMaxBytes));
  try {
    const reading =
      limit > 0 || isFirst ? partition.read(wanted.fetchOffset, limit, isFirst) : { buffers: [], bytes: 0 };
    const { buffers, bytes } = reading instanceof Promise ? await reading : reading;
    // The ends are taken after the read: no record of this answer may lie behind them.
    const answer = { ...endsOf(partition), partitionIndex: wanted.partition, errorCode: 0, records: buffers };
    return { partition: answer, bytes };
  } catch (error) {
    // The engine has reported it. A consumer that is told of damage goes on when it is sent behind it.
    const name = error instanceof DamagedLog ? "CORRUPT_MESSAGE" : "KAFKA_STORAGE_ERROR";
    return failure(wanted.partition, name, partition);
  }
}

function failure(
  partitionIndex: number,
  error: keyof typeof errorCodes,
  partition: Partition | null,
): { partition: Answer; bytes: number } {
  const ends = partition === null ? { highWatermark: -1, abortedTransactions: null } : endsOf(partition);
  return { partition: { ...ends, partitionIndex, errorCode: errorCodes[error], records: [] }, bytes: 0 };
}

function endsOf({ logEndOffset, logStartOffset }: Partition) {
  return {
    highWatermark: logEndOffset,
    lastStableOffset: logEndOffset,
    logStartOffset,
    abortedTransactions: null,
  };
}
