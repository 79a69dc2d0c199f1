import type { HttpEnvironment } from "../environment.ts";
import { HttpError } from "../http-error.ts";
import { openVirtualHost, requireQueueSide, userOf } from "../queue-access.ts";
import { queueToJson } from "../queue-json.ts";
import { type HttpReply, type HttpRequest, jsonReply } from "../request.ts";

/** GET /api/queues/VHOST/NAME */
export function queue(request: HttpRequest, environment: HttpEnvironment): HttpReply {
  const [vhost, name] = request.parameters as [string, string];
  const virtualHost = openVirtualHost(requireQueueSide(environment), userOf(request), vhost);
  const found = virtualHost.queue(name);
  if (found === undefined) throw new HttpError("not_found", `no queue '${name}' in vhost '${vhost}'`);
  return jsonReply(queueToJson(vhost, found));
}
