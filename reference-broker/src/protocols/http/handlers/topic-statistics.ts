import type { HttpEnvironment } from "../environment.ts";
import { type HttpReply, type HttpRequest, jsonReply } from "../request.ts";

/** GET /api/topics: what is counted of every topic. */
export function topicStatistics(_request: HttpRequest, { log }: HttpEnvironment): HttpReply {
  return jsonReply([...log.topics.values()].map((topic) => ({ name: topic.name, ...topic.statistics() })));
}
