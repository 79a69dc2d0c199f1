/**
 * InitProducerId: v0-5.
 * Behaviour: without a transactional id always a new producer id with epoch 0, also when the producer names the one it
 * had (KIP-360): as in Kafka, whose sequences start anew under any id that was never used.
 * Left out: transactions. A transactional id is answered with UNSUPPORTED_VERSION, which is what Kafka answers for what
 * a broker does not offer; clients take it as final and do not try again.
 */
import { BrokerError } from "../../../errors.ts";
import { type ErrorCode, errorCodes } from "../error-codes.ts";
import type { RequestContext } from "../request-context.ts";
import type { initProducerIdMessage } from "../messages/22-init-producer-id.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";

type Request = RequestOf<typeof initProducerIdMessage>;
type Response = ResponseOf<typeof initProducerIdMessage>;

export async function initProducerId(request: Request, { engine }: RequestContext): Promise<Response> {
  if (request.transactionalId !== null) return failure(errorCodes.UNSUPPORTED_VERSION);
  if ((request.producerId === -1) !== (request.producerEpoch === -1))
    return failure(errorCodes.INVALID_REQUEST);
  try {
    const producerId = await engine.allocateProducerId();
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, producerId, producerEpoch: 0 };
  } catch (error) {
    if (error instanceof BrokerError && error.code === "STORAGE_FAILED") {
      return failure(errorCodes.KAFKA_STORAGE_ERROR);
    }
    throw error;
  }
}

function failure(errorCode: ErrorCode): Response {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
}
