import type { HttpEnvironment } from "../environment.ts";
import type { HttpReply, HttpRequest } from "../request.ts";

/** GET /metrics: what the whole broker counts, in Prometheus' text format. */
export async function metrics(_request: HttpRequest, { metrics }: HttpEnvironment): Promise<HttpReply> {
  const { contentType, text } = await metrics.ofBroker();
  return { status: 200, contentType, body: text };
}
