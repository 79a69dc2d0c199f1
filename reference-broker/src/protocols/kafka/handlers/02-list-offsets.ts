/**
 * ListOffsets: v1-11.
 * Behaviour: first offset at or after a timestamp, or one of the special places below (KIP-79, KIP-734, KIP-405).
 * On a single node without transactions the last stable offset is the log end, so both isolation levels agree.
 * Left out: offsets in a remote tier. There is none, so its places answer "no such offset", as Kafka does without one.
 */
import { DamagedLog } from "../../../mechanisms/record-batch.ts";
import type { Partition } from "../../../engines/log/contract.ts";
import { type ErrorCode, errorCodes } from "../error-codes.ts";
import type { RequestContext } from "../request-context.ts";
import type { listOffsetsMessage } from "../messages/02-list-offsets.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";

type Request = RequestOf<typeof listOffsetsMessage>;
type Response = ResponseOf<typeof listOffsetsMessage>;
type Wanted = Request["topics"][number]["partitions"][number];
type Result = Response["topics"][number]["partitions"][number];
type Place = { offset: number; timestamp: number; leaderEpoch: number };

const NOWHERE: Place = { offset: -1, timestamp: -1, leaderEpoch: -1 };

interface SpecialTimestamp {
  readonly since: number;
  find(partition: Partition): Place | Promise<Place>;
}

/** The negative timestamps, each with the first version that knows it. */
const specialTimestamps: Readonly<Record<number, SpecialTimestamp>> = {
  /** Latest. */
  [-1]: {
    since: 1,
    find: ({ logEndOffset, leaderEpoch }) => ({ offset: logEndOffset, timestamp: -1, leaderEpoch }),
  },
  /** Earliest. */
  [-2]: { since: 1, find: logStart },
  /** The record with the largest timestamp. */
  [-3]: { since: 7, find: async (partition) => place(await partition.offsetOfMaxTimestamp()) },
  /** Earliest on the local disk. */
  [-4]: { since: 8, find: logStart },
  /** Latest in the remote tier. */
  [-5]: { since: 9, find: () => NOWHERE },
  /** Earliest not yet in the remote tier. */
  [-6]: { since: 11, find: () => NOWHERE },
};

/** The epoch of the oldest record is only known for certain while there has been a single one. */
function logStart({ logStartOffset, leaderEpoch }: Partition): Place {
  return { offset: logStartOffset, timestamp: -1, leaderEpoch: leaderEpoch === 0 ? 0 : -1 };
}

function place(found: Awaited<ReturnType<Partition["offsetForTimestamp"]>>): Place {
  if (found === null) return NOWHERE;
  return { offset: found.offset, timestamp: found.timestampMs, leaderEpoch: found.leaderEpoch };
}

export async function listOffsets(request: Request, context: RequestContext): Promise<Response> {
  const asked = new Set<string>();
  const repeated = new Set<string>();
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`;
      (asked.has(key) ? repeated : asked).add(key);
    }
  }
  const topics = request.topics.map(async ({ name, partitions }) => {
    const results = partitions.map((wanted): Result | Promise<Result> =>
      repeated.has(`${name}/${wanted.partitionIndex}`)
        ? failure(wanted, errorCodes.INVALID_REQUEST)
        : find(
            context.engine.topics.get(name)?.partitions[wanted.partitionIndex],
            wanted,
            context.apiVersion,
          ),
    );
    return { name, partitions: await Promise.all(results) };
  });
  return { throttleTimeMs: 0, topics: await Promise.all(topics) };
}

async function find(partition: Partition | undefined, wanted: Wanted, apiVersion: number): Promise<Result> {
  const { partitionIndex, timestamp } = wanted;
  const special = timestamp < 0 ? specialTimestamps[timestamp] : null;
  if (special === undefined || (special !== null && apiVersion < special.since)) {
    return failure(wanted, errorCodes.UNSUPPORTED_VERSION);
  }
  if (partition === undefined) return failure(wanted, errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  const epochError = leaderEpochError(partition, wanted.currentLeaderEpoch);
  if (epochError !== errorCodes.NONE) return failure(wanted, epochError);
  try {
    const found =
      special === null ? place(await partition.offsetForTimestamp(timestamp)) : await special.find(partition);
    return { partitionIndex, errorCode: errorCodes.NONE, ...found };
  } catch (error) {
    // A batch that cannot be opened although its CRC is right: the producer sent it so.
    if (error instanceof DamagedLog) return failure(wanted, errorCodes.CORRUPT_MESSAGE);
    throw error;
  }
}

/** -1 asks for no check (KIP-320). */
function leaderEpochError(partition: Partition, clientEpoch: number): ErrorCode {
  if (clientEpoch === -1 || clientEpoch === partition.leaderEpoch) return errorCodes.NONE;
  return clientEpoch < partition.leaderEpoch
    ? errorCodes.FENCED_LEADER_EPOCH
    : errorCodes.UNKNOWN_LEADER_EPOCH;
}

function failure({ partitionIndex }: Wanted, errorCode: ErrorCode): Result {
  return { partitionIndex, errorCode };
}
