/** All connections of the HTTP port: what they share, and where a request begins. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { SlowOperations } from "../../mechanisms/slow-operations.ts";
import { BodyBudget } from "./body-budget.ts";
import { HttpConnection } from "./connection.ts";
import type { HttpEnvironment } from "./environment.ts";
import { Exchange } from "./exchange.ts";
import { ROUTES } from "./routes.ts";
import { Router } from "./router.ts";
import type { HttpStatistics } from "./statistics.ts";

export interface HttpServiceOptions {
  readonly environment: HttpEnvironment;
  /** Of request bodies, over all connections. */
  readonly bodyMemoryBytes: number;
  readonly slow: SlowOperations;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

export class HttpService {
  readonly environment: HttpEnvironment;
  readonly router = new Router(ROUTES);
  readonly budget: BodyBudget;
  readonly slow: SlowOperations;
  readonly report: HttpServiceOptions["report"];
  /** Connections end with their next answer. */
  isStopping = false;
  readonly #connections = new Map<Socket, HttpConnection>();
  #acceptedCount = 0;

  constructor(options: HttpServiceOptions) {
    this.environment = options.environment;
    this.budget = new BodyBudget(options.bodyMemoryBytes);
    this.slow = options.slow;
    this.report = options.report;
  }

  connected(socket: Socket, isLoopback: boolean): void {
    this.#connections.set(socket, new HttpConnection(++this.#acceptedCount, isLoopback));
    socket.once("close", () => this.#connections.delete(socket));
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    // None: the client has gone while requests it sent ahead were waiting.
    if (connection !== undefined) new Exchange(this, connection, request, response).begin();
  }

  statistics(): HttpStatistics {
    let pendingRequests = 0;
    for (const { unansweredCount } of this.#connections.values()) pendingRequests += unansweredCount;
    return {
      ...this.environment.counters,
      connections: this.#connections.size,
      acceptedConnections: this.#acceptedCount,
      pendingRequests,
      bufferedBytes: this.budget.takenBytes,
    };
  }
}
