import type { Partition, Topic } from "../../../engines/log/contract.ts";
import type { HttpEnvironment } from "../environment.ts";
import { HttpError } from "../http-error.ts";
import { KAFKA_REST_TYPE } from "../topic-format.ts";
import type { HttpReply, HttpRequest } from "../request.ts";

const TOPIC_NOT_FOUND = 40401;
const NODE_ID = 1;

/** GET /topics/NAME: Kafka REST v2's description, and of the topic and each partition what is counted. */
export function topic({ parameters }: HttpRequest, { log }: HttpEnvironment): HttpReply {
  const found = log.topics.get(parameters[0]!);
  if (found === undefined) throw new HttpError("not_found", "Topic not found.", { code: TOPIC_NOT_FOUND });
  return { status: 200, contentType: KAFKA_REST_TYPE, body: JSON.stringify(describe(found)) };
}

function describe(topic: Topic) {
  return {
    name: topic.name,
    configs: topic.overrides,
    partitions: topic.partitions.map(describePartition),
    statistics: topic.statistics(),
  };
}

function describePartition(partition: Partition) {
  return {
    partition: partition.index,
    leader: NODE_ID,
    replicas: [{ broker: NODE_ID, leader: true, in_sync: true }],
    log_start_offset: partition.logStartOffset,
    log_end_offset: partition.logEndOffset,
    statistics: partition.statistics(),
  };
}
