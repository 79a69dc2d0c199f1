import { type HttpReply, jsonReply } from "../request.ts";

/** GET /health/live: that it answers is all it says. */
export function live(): HttpReply {
  return jsonReply({ status: "ok" });
}
