import { message } from "../schema.ts";
import { int16, int32, int64, nullableString } from "../types.ts";

export const initProducerIdMessage = message({
  name: "InitProducerId",
  apiKey: 22,
  versions: [0, 5],
  flexible: 2,
  request: {
    transactionalId: nullableString(),
    transactionTimeoutMs: int32(),
    producerId: int64({ since: 3, default: -1 }),
    producerEpoch: int16({ since: 3, default: -1 }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
  },
});
