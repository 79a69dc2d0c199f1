import type { VirtualHost } from "../../../engines/queues/contract.ts";
import type { HttpEnvironment } from "../environment.ts";
import { HttpError } from "../http-error.ts";
import { openVirtualHost, requireQueueSide, userOf, visibleVirtualHosts } from "../queue-access.ts";
import { queueToJson } from "../queue-json.ts";
import { type HttpReply, type HttpRequest, jsonReply } from "../request.ts";

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 500;
/** An answer of more would take the broker's time and memory from its work. */
const MAX_UNPAGED = 10_000;

/** GET /api/queues */
export function queues(request: HttpRequest, environment: HttpEnvironment): HttpReply {
  return list(request, visibleVirtualHosts(requireQueueSide(environment), userOf(request)));
}

/** GET /api/queues/VHOST */
export function queuesOfVirtualHost(request: HttpRequest, environment: HttpEnvironment): HttpReply {
  const [vhost] = request.parameters as [string];
  return list(request, [openVirtualHost(requireQueueSide(environment), userOf(request), vhost)]);
}

/** All of them, or a page in RabbitMQ's form when one is asked for. */
function list({ query }: HttpRequest, virtualHosts: readonly VirtualHost[]): HttpReply {
  const found = virtualHosts.flatMap((virtualHost) =>
    [...virtualHost.queues()].map((queue) => [virtualHost.name, queue] as const),
  );
  const options = new URLSearchParams(query);
  const describe = (part: typeof found) => part.map(([vhost, queue]) => queueToJson(vhost, queue));
  if (!options.has("page")) {
    if (found.length <= MAX_UNPAGED) return jsonReply(describe(found));
    throw new HttpError(
      "bad_request",
      `${found.length} queues: ask for pages, with ?page=1&page_size=${MAX_PAGE_SIZE}`,
    );
  }
  const page = positive(options, "page", 1, Number.MAX_SAFE_INTEGER);
  const size = positive(options, "page_size", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
  const items = describe(found.slice((page - 1) * size, page * size));
  return jsonReply({
    ...{ items, page, page_size: size, page_count: Math.max(1, Math.ceil(found.length / size)) },
    ...{ item_count: items.length, filtered_count: found.length, total_count: found.length },
  });
}

function positive(options: URLSearchParams, name: string, fallback: number, max: number): number {
  const text = options.get(name) ?? String(fallback);
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new HttpError("bad_request", `${name}=${text}: expected a number from 1 to ${max}`);
}
