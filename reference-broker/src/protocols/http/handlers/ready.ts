import type { HttpEnvironment } from "../environment.ts";
import { HTTP_ERRORS } from "../http-error.ts";
import { type HttpReply, type HttpRequest, jsonReply } from "../request.ts";

/** GET /health/ready: for load balancers, which read the status, and people, who read the reasons. */
export async function ready(_request: HttpRequest, { health }: HttpEnvironment): Promise<HttpReply> {
  const reasons = await health.reasons();
  return reasons.length === 0
    ? jsonReply({ status: "ok" })
    : jsonReply({ status: "unavailable", reasons }, HTTP_ERRORS.unavailable);
}
