import type { HttpEnvironment } from "../environment.ts";
import { KAFKA_REST_TYPE } from "../topic-format.ts";
import type { HttpReply, HttpRequest } from "../request.ts";

/** GET /topics: names, as Kafka REST v2 gives them. */
export function topics(_request: HttpRequest, { log }: HttpEnvironment): HttpReply {
  return { status: 200, contentType: KAFKA_REST_TYPE, body: JSON.stringify([...log.topics.keys()]) };
}
