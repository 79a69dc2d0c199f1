// Produce: v3-13
// Behavior: every partition of the request is answered on its own. A batch is checked by its header and CRC, gets its
//   base offset and leader epoch in place and is stored as it came (KIP-98). Acks 1 and -1 are the same on one node.
//   Acks 0 has no answer; an error then closes the connection, since it cannot be told otherwise.
// Version notes: zstd needs v7 (KIP-110); topics are named by id from v13 on (KIP-516).
// Left out: transactions (a transactional id or batch is refused), recordErrors: of compressed records nothing is
//   looked at, of uncompressed ones only that their lengths add up.
import { CloseConnection } from "../close-connection.ts";
import type { AppendError, Appender, AppendOutcome } from "../../../engines/log/append-group.ts";
import type { Topic } from "../../../engines/log/contract.ts";
import { errorCodes } from "../error-codes.ts";
import type { produceMessage } from "../messages/00-produce.ts";
import type { RequestContext } from "../request-context.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";

type Request = RequestOf<typeof produceMessage>;
type Response = ResponseOf<typeof produceMessage>;
type ProduceError = AppendError | keyof typeof errorCodes;

const ZSTD = 4;
const CODEC_BEFORE_ZSTD = 3;
const FIRST_VERSION_WITH_ZSTD = 7;

/** null: acks 0, nothing is answered. */
export function produce(request: Request, context: RequestContext): Response | Promise<Response> | null {
  const call = new ProduceCall(request, context);
  call.appendAll();
  if (request.acks !== 0) return call.response();
  call.closeOnError();
  return null;
}

class ProduceCall implements Appender {
  readonly #request: Request;
  readonly #context: RequestContext;
  readonly #outcomes: (AppendOutcome | ProduceError | null)[] = [];
  #pending = 0;
  #resolve: ((response: Response) => void) | null = null;

  constructor(request: Request, context: RequestContext) {
    this.#request = request;
    this.#context = context;
  }

  appendAll(): void {
    const { acks, transactionalId, topicData } = this.#request;
    const refused =
      acks < -1 || acks > 1 ? "INVALID_REQUIRED_ACKS" : transactionalId === null ? null : "INVALID_TXN_STATE";
    for (const { name, topicId, partitionData } of topicData) {
      const topic = this.#findTopic(name, topicId);
      for (const { index, records } of partitionData) {
        this.#outcomes.push(refused ?? this.#append(topic, index, records));
      }
    }
  }

  appended(slot: number, outcome: AppendOutcome): void {
    this.#outcomes[slot] = outcome;
    this.#pending--;
    if (outcome.error !== null && this.#request.acks === 0) this.#context.fail?.(unanswered(outcome));
    if (this.#pending > 0) return;
    this.#resolve?.(this.#buildResponse());
  }

  response(): Response | Promise<Response> {
    if (this.#pending === 0) return this.#buildResponse();
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  closeOnError(): void {
    const failed = this.#outcomes.find((outcome) => errorNameOf(outcome) !== null);
    if (failed !== undefined) throw unanswered(failed);
  }

  #findTopic(name: string, topicId: string): Topic | undefined {
    const { engine, apiVersion } = this.#context;
    return apiVersion >= 13 ? engine.topicById(topicId) : engine.topics.get(name);
  }

  #append(
    topic: Topic | undefined,
    index: number,
    records: Buffer | null,
  ): AppendOutcome | ProduceError | null {
    const { apiVersion } = this.#context;
    if (topic === undefined) return apiVersion >= 13 ? "UNKNOWN_TOPIC_ID" : "UNKNOWN_TOPIC_OR_PARTITION";
    const partition = topic.partitions[index];
    if (partition === undefined) return "UNKNOWN_TOPIC_OR_PARTITION";
    if (records === null || records.length === 0) return "INVALID_RECORD";
    const highestCodec = apiVersion >= FIRST_VERSION_WITH_ZSTD ? ZSTD : CODEC_BEFORE_ZSTD;
    const outcome = partition.append(records, this.#context.lease, highestCodec, this, this.#outcomes.length);
    if (outcome === null) this.#pending++;
    return outcome;
  }

  #buildResponse(): Response {
    let slot = 0;
    return {
      responses: this.#request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) =>
          partitionResponse(index, this.#outcomes[slot++]!),
        ),
      })),
    };
  }
}

function unanswered(outcome: AppendOutcome | ProduceError | null): CloseConnection {
  return new CloseConnection(`produce with acks 0 failed: ${errorNameOf(outcome)}`);
}

function errorNameOf(outcome: AppendOutcome | ProduceError | null): ProduceError | null {
  return outcome === null || typeof outcome === "string" ? outcome : outcome.error;
}

function partitionResponse(index: number, outcome: AppendOutcome | ProduceError) {
  if (typeof outcome === "string") {
    return { index, errorCode: errorCodes[outcome], baseOffset: -1, recordErrors: [] };
  }
  return {
    index,
    errorCode: outcome.error === null ? 0 : errorCodes[outcome.error],
    baseOffset: outcome.baseOffset,
    logAppendTimeMs: outcome.appendTimeMs,
    logStartOffset: outcome.logStartOffset,
    recordErrors: [],
  };
}
