import type { HttpEnvironment } from "../environment.ts";
import { type HttpReply, type HttpRequest, jsonReply } from "../request.ts";

/** GET /config: every option with its value and where that comes from. */
export function config(_request: HttpRequest, { configuration }: HttpEnvironment): HttpReply {
  return jsonReply(configuration());
}
