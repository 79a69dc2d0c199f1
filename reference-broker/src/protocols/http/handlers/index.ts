import { type HttpReply, jsonReply } from "../request.ts";
import { ROUTES } from "../routes.ts";

/** GET /: the table of endpoints. */
export function index(): HttpReply {
  return jsonReply(ROUTES.map(({ method, path, access, doc }) => ({ method, path, access, doc })));
}
