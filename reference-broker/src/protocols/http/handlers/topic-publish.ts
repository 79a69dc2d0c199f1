/**
 * POST /topics/NAME, as Kafka's REST proxy does it (API version 2). One uncompressed batch for each partition that the
 * request has records for; the answer comes when all have reached the durability class. What Kafka REST answers with 200
 * although no record was taken is an error here.
 */
import type { AppendOutcome, Appender } from "../../../engines/log/append-group.ts";
import type { LogEngine, Topic } from "../../../engines/log/contract.ts";
import { partitionOfKey } from "../../../mechanisms/murmur2.ts";
import { encodeRecordBatch } from "../../../mechanisms/record-encoder.ts";
import type { HttpEnvironment } from "../environment.ts";
import { HttpError, type HttpErrorWord } from "../http-error.ts";
import { parseJson } from "../json-body.ts";
import {
  KAFKA_REST_TYPE,
  type ReceivedRecord,
  readRecords,
  TOPIC_FORMATS,
  type TopicFormat,
} from "../topic-format.ts";
import type { HttpReply, HttpRequest } from "../request.ts";

const TOPIC_NOT_FOUND = 40401;
const PARTITION_NOT_FOUND = 40402;
const KAFKA_ERROR = 50002;
const RETRIABLE_KAFKA_ERROR = 50003;
/** Of one record in an answer. */
const RECORD_FAILED = 1;
const RECORD_FAILED_RETRIABLE = 2;
const NO_COMPRESSION = 0;
const TAIL = '],"key_schema_id":null,"value_schema_id":null}';

/** What is the request's fault, and not the disk's. */
const REFUSALS: ReadonlySet<string> = new Set(["MESSAGE_TOO_LARGE", "INVALID_TIMESTAMP", "INVALID_RECORD"]);

export function topicPublish(
  request: HttpRequest,
  environment: HttpEnvironment,
): HttpReply | Promise<HttpReply> {
  const format = TOPIC_FORMATS[request.contentType];
  if (format === undefined) {
    const expected = Object.keys(TOPIC_FORMATS).join(" or ");
    throw new HttpError(
      "unsupported_media_type",
      `content type '${request.contentType}': expected ${expected}`,
    );
  }
  const records = readRecords(parseJson(request.body), format);
  const topic = environment.log.topics.get(request.parameters[0]!);
  if (topic === undefined || environment.log.backlogBytes > environment.maxBacklogBytes) {
    return publishLater(request.parameters[0]!, records, format, environment);
  }
  return new TopicPublish(topic, records, format, environment).run();
}

/** When the topic is there and the disk has caught up. */
async function publishLater(
  name: string,
  records: readonly ReceivedRecord[],
  format: TopicFormat,
  environment: HttpEnvironment,
): Promise<HttpReply> {
  const { log, maxBacklogBytes } = environment;
  const topic = log.topics.get(name) ?? (await openTopic(name, environment));
  while (log.backlogBytes > maxBacklogBytes) await backlogFallen(log);
  return await new TopicPublish(topic, records, format, environment).run();
}

async function openTopic(name: string, { openTopic }: HttpEnvironment): Promise<Topic> {
  const topic = await openTopic(name);
  if (!("refusal" in topic)) return topic;
  if (topic.refusal === "invalid-name") throw new HttpError("unprocessable", topic.reason);
  throw new HttpError("not_found", topic.reason, { code: TOPIC_NOT_FOUND });
}

function backlogFallen(log: LogEngine): Promise<void> {
  return new Promise((resolve) => log.whenBacklogFalls(resolve));
}

class TopicPublish implements Appender {
  readonly #topic: Topic;
  readonly #records: readonly ReceivedRecord[];
  readonly #format: TopicFormat;
  readonly #environment: HttpEnvironment;
  /** By slot. */
  readonly #partitions: number[] = [];
  readonly #outcomes: (AppendOutcome | null)[] = [];
  /** Slot of each record; null: all are in slot 0. */
  #slots: number[] | null = null;
  #pending = 0;
  #resolve: ((reply: HttpReply) => void) | null = null;
  #reject: ((error: unknown) => void) | null = null;

  constructor(
    topic: Topic,
    records: readonly ReceivedRecord[],
    format: TopicFormat,
    environment: HttpEnvironment,
  ) {
    this.#topic = topic;
    this.#records = records;
    this.#format = format;
    this.#environment = environment;
  }

  run(): HttpReply | Promise<HttpReply> {
    const timestampMs = this.#environment.clock();
    const groups = this.#group();
    for (let slot = 0; slot < groups.length; slot++) {
      const batch = encodeRecordBatch(groups[slot]!, this.#format.encoding, timestampMs);
      const partition = this.#topic.partitions[this.#partitions[slot]!]!;
      const outcome = partition.append(batch, null, NO_COMPRESSION, this, slot);
      this.#outcomes.push(outcome);
      if (outcome === null) this.#pending++;
    }
    if (this.#pending === 0) return this.#reply();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  appended(slot: number, outcome: AppendOutcome): void {
    this.#outcomes[slot] = outcome;
    if (--this.#pending > 0) return;
    try {
      this.#resolve!(this.#reply());
    } catch (error) {
      this.#reject!(error);
    }
  }

  /** The records of each slot. Throws not_found for a partition that there is not. */
  #group(): (readonly ReceivedRecord[])[] {
    const count = this.#topic.partitions.length;
    // In turn; records of one request stay together.
    const unkeyed = this.#environment.counters.requests % count;
    const [first] = this.#records;
    if (this.#records.length === 1) {
      this.#partitions.push(this.#choose(first!, unkeyed));
      return [this.#records];
    }
    const slots: number[] = [];
    const groups: ReceivedRecord[][] = [];
    const slotOf = new Map<number, number>();
    for (const record of this.#records) {
      const partition = this.#choose(record, unkeyed);
      let slot = slotOf.get(partition);
      if (slot === undefined) {
        slot = this.#partitions.push(partition) - 1;
        slotOf.set(partition, slot);
        groups.push([]);
      }
      groups[slot]!.push(record);
      slots.push(slot);
    }
    this.#slots = slots;
    return groups;
  }

  #choose({ partition, key }: ReceivedRecord, unkeyed: number): number {
    const count = this.#topic.partitions.length;
    if (partition !== null) {
      if (partition < count) return partition;
      throw new HttpError("not_found", `Partition ${partition} not found.`, { code: PARTITION_NOT_FOUND });
    }
    if (key === null || count === 1) return unkeyed;
    return partitionOfKey(Buffer.from(key, this.#format.encoding), count);
  }

  #reply(): HttpReply {
    const { counters } = this.#environment;
    const nextOffsets = this.#outcomes.map((outcome) => outcome!.baseOffset);
    let body = '{"offsets":[';
    let taken = 0;
    for (let i = 0; i < this.#records.length; i++) {
      const slot = this.#slots === null ? 0 : this.#slots[i]!;
      const { error } = this.#outcomes[slot]!;
      if (i > 0) body += ",";
      if (error === null) {
        taken++;
        body += `{"partition":${this.#partitions[slot]},"offset":${nextOffsets[slot]!++},"error_code":null,"error":null}`;
      } else {
        const code = REFUSALS.has(error) ? RECORD_FAILED : RECORD_FAILED_RETRIABLE;
        body += `{"partition":null,"offset":null,"error_code":${code},"error":"${error}"}`;
      }
    }
    counters.publishedRecords += taken;
    if (taken === 0) throw this.#failure();
    return { status: 200, contentType: KAFKA_REST_TYPE, body: body + TAIL };
  }

  /** Nothing was taken. */
  #failure(): HttpError {
    const error = this.#outcomes[0]!.error!;
    const isRefused = REFUSALS.has(error);
    const word: HttpErrorWord = isRefused ? "unprocessable" : "unavailable";
    return new HttpError(word, `no record was stored: ${error}`, {
      code: isRefused ? KAFKA_ERROR : RETRIABLE_KAFKA_ERROR,
    });
  }
}
