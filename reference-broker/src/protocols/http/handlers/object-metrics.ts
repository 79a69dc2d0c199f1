import type { HttpEnvironment } from "../environment.ts";
import type { HttpReply, HttpRequest } from "../request.ts";

/** GET /metrics/per-object: apart, as in RabbitMQ, for a broker with many queues has much to say. */
export async function objectMetrics(_request: HttpRequest, { metrics }: HttpEnvironment): Promise<HttpReply> {
  const { contentType, text } = await metrics.ofObjects();
  return { status: 200, contentType, body: text };
}
