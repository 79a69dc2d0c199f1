/** The HTTP port: connections of node:http to the service. */
import http from "node:http";
import type { Socket } from "node:net";
import type { HttpService } from "../protocols/http/service.ts";
import { listen } from "./listen.ts";
import { isLoopback } from "./loopback.ts";

const STOP_LIMIT_MS = 3000;
/** Idle connections are kept for the next request. */
const KEEP_ALIVE_MS = 60_000;
/** A request that has begun must go on: its headers, then the whole of it. */
const HEADERS_LIMIT_MS = 10_000;
const REQUEST_LIMIT_MS = 60_000;
const LIMITS_CHECK_MS = 5000;
const MAX_HEADERS = 100;

export interface HttpListener {
  readonly port: number;
  /** Stops accepting, answers what is under way and ends what is connected; a client that does not read is cut off. */
  close(): Promise<void>;
}

/** Port 0 takes a free one. Throws PORT_TAKEN or ADDRESS_UNAVAILABLE. */
export async function listenHttp(
  host: string,
  port: number,
  maxConnections: number,
  service: HttpService,
): Promise<HttpListener> {
  const server = http.createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
    connectionsCheckingInterval: LIMITS_CHECK_MS,
  });
  server.maxConnections = maxConnections;
  server.maxHeadersCount = MAX_HEADERS;
  server.on("connection", (socket: Socket) => service.connected(socket, isLoopback(socket)));
  server.on("request", (request, response) => service.handle(request, response));
  const bound = await listen(server, host, port, "http-port");
  // Such as no file descriptor left for another client: the ones there are served on.
  server.on("error", (error) => service.report("accept failed", { error: String(error) }));
  return { port: bound, close: () => close(server, service) };
}

async function close(server: http.Server, service: HttpService): Promise<void> {
  service.isStopping = true;
  const closed = new Promise((resolve) => server.close(resolve));
  const limit = setTimeout(() => server.closeAllConnections(), STOP_LIMIT_MS);
  await closed;
  clearTimeout(limit);
}
