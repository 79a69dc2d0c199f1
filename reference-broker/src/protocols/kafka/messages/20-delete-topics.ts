import { message } from "../schema.ts";
import { array, arrayOf, int16, int32, nullableString, string, uuid } from "../types.ts";

export const deleteTopicsMessage = message({
  name: "DeleteTopics",
  apiKey: 20,
  versions: [1, 6],
  flexible: 4,
  request: {
    topics: array(
      {
        name: nullableString({ default: null }),
        topicId: uuid(),
      },
      { since: 6 },
    ),
    topicNames: arrayOf(string(), { until: 5 }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      name: nullableString({ nullableSince: 6 }),
      topicId: uuid({ since: 6 }),
      errorCode: int16(),
      errorMessage: nullableString({ since: 5, default: null }),
    }),
  },
});
