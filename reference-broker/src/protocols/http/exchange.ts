/**
 * One request on its way: route, user, body, handler, reply. Everything that can be refused is refused before the body is
 * read, and its memory is taken from the budget before it arrives.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { User } from "../../engines/identity/contract.ts";
import { BrokerError } from "../../errors.ts";
import { readBasicCredentials } from "./authorization.ts";
import type { HttpConnection } from "./connection.ts";
import type { QueueSide } from "./environment.ts";
import { type ErrorStyle, errorBody, HttpError } from "./http-error.ts";
import { requireQueueSide } from "./queue-access.ts";
import { type HttpReply, type HttpRequest, JSON_TYPE } from "./request.ts";
import type { Route } from "./routes.ts";
import type { HttpService } from "./service.ts";

/** RabbitMQ's management takes bodies up to this. */
export const MAX_BODY_BYTES = 20_000_000;
/** Requests that a client may send ahead of their answers. */
const MAX_UNANSWERED = 1000;
const NOTHING = Buffer.alloc(0);
const SERVER_ERROR = 500;
const CLIENT_ERROR = 400;

/** Listeners of all requests are the same functions: each finds its exchange here. */
const EXCHANGE = Symbol("exchange");
interface Carrier extends IncomingMessage {
  [EXCHANGE]: Exchange;
}

export class Exchange implements HttpRequest {
  parameters: readonly string[] = [];
  query = "";
  body: Buffer = NOTHING;
  user: User | null = null;
  readonly #service: HttpService;
  readonly #connection: HttpConnection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #startedMs: number;
  readonly #number: number;
  #route: Route | null = null;
  #chunks: Buffer[] | null = null;
  #receivedBytes = 0;
  /** Announced; -1: not known before the end. */
  #expectedBytes = 0;
  /** Of the budget. */
  #takenBytes = 0;
  #isReading = false;

  constructor(
    service: HttpService,
    connection: HttpConnection,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#service = service;
    this.#connection = connection;
    this.#request = request;
    this.#response = response;
    this.#startedMs = service.slow.nowMs();
    this.#number = ++connection.requestCount;
  }

  /** Unique in this process, as logs have it. */
  get id(): string {
    return `http-${this.#connection.id}-${this.#number}`;
  }

  get contentType(): string {
    const header = this.#request.headers["content-type"] ?? "";
    const end = header.indexOf(";");
    return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
  }

  begin(): void {
    this.#service.environment.counters.requests++;
    try {
      if (++this.#connection.unansweredCount > MAX_UNANSWERED) {
        throw new HttpError("too_many_requests", `more than ${MAX_UNANSWERED} unanswered`, { closes: true });
      }
      const route = this.#findRoute();
      this.#route = route;
      if (route.access === "anyone") this.#identified();
      else this.#identify(requireQueueSide(this.#service.environment));
    } catch (error) {
      this.#fail(error);
    }
  }

  #findRoute(): Route {
    const { url = "", method = "" } = this.#request;
    const at = url.indexOf("?");
    const path = at < 0 ? url : url.slice(0, at);
    if (at >= 0) this.query = url.slice(at + 1);
    const match = this.#service.router.match(path);
    if (match === null) throw new HttpError("not_found", `nothing is at ${path}: see /`);
    const route = match.routes.get(method === "HEAD" ? "GET" : method);
    if (route === undefined) {
      const allowed = [...match.routes.keys()].join(", ");
      const headers = ["Allow", allowed];
      throw new HttpError("method_not_allowed", `${path} takes ${allowed}`, { headers });
    }
    this.parameters = match.parameters;
    return route;
  }

  #identify({ identity }: QueueSide): void {
    const { authorization } = this.#request.headers;
    if (authorization === undefined) throw loginFailed();
    const { version } = identity;
    this.user = this.#connection.recall(authorization, version);
    if (this.user !== null) {
      this.#identified();
      return;
    }
    const credentials = readBasicCredentials(authorization);
    if (credentials === null) throw loginFailed();
    identity
      .authenticate(credentials.name, credentials.password, this.#connection.isLoopback)
      .then((user) => {
        if (user === null) throw loginFailed();
        this.#connection.remember(authorization, user, version);
        this.user = user;
        this.#identified();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #identified(): void {
    if (this.#route!.method === "POST") this.#readBody();
    // Of a pipeline of questions one is answered after the other, when the one before has been sent.
    else if (this.#response.socket !== null) this.#run();
    else this.#response.once("socket", () => this.#run());
  }

  #readBody(): void {
    const { "content-length": length, "transfer-encoding": encoding } = this.#request.headers;
    this.#expectedBytes = encoding === undefined ? Number(length ?? 0) : -1;
    if (this.#expectedBytes > MAX_BODY_BYTES) throw tooLarge();
    if (this.#expectedBytes > 0) this.#take(this.#expectedBytes);
    if (this.#expectedBytes === 0) {
      this.#run();
      return;
    }
    this.#isReading = true;
    (this.#request as Carrier)[EXCHANGE] = this;
    this.#request.on("data", onData).on("end", onEnd).on("close", onClose);
  }

  #take(bytes: number): void {
    if (!this.#service.budget.take(bytes)) {
      throw new HttpError("unavailable", "too many bytes in request bodies that have not been handled yet", {
        headers: ["Retry-After", "1"],
        closes: true,
      });
    }
    this.#takenBytes += bytes;
  }

  received(chunk: Buffer): void {
    if (!this.#isReading) return;
    this.#receivedBytes += chunk.length;
    try {
      if (this.#receivedBytes > MAX_BODY_BYTES) throw tooLarge();
      if (this.#expectedBytes < 0) this.#take(chunk.length);
    } catch (error) {
      this.#isReading = false;
      this.#fail(error);
      return;
    }
    if (this.#receivedBytes === this.#expectedBytes && this.#chunks === null) this.#complete(chunk);
    else {
      this.#chunks ??= [];
      this.#chunks.push(chunk);
      if (this.#receivedBytes === this.#expectedBytes) this.ended();
    }
  }

  ended(): void {
    if (this.#isReading) this.#complete(Buffer.concat(this.#chunks ?? [], this.#receivedBytes));
  }

  /** The client has gone, or everything was read long ago. */
  closed(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#service.environment.counters.abandonedRequests++;
    this.#release();
  }

  #complete(body: Buffer): void {
    this.#isReading = false;
    this.#chunks = null;
    this.body = body;
    this.#service.environment.counters.bodyBytes += body.length;
    this.#run();
  }

  #run(): void {
    try {
      if (this.#service.environment.health.isStopping && this.#route!.method === "POST") {
        throw new HttpError("unavailable", "the broker is shutting down", { closes: true });
      }
      const reply = this.#route!.handler(this, this.#service.environment);
      if (!(reply instanceof Promise)) this.#reply(reply, []);
      else reply.then((later) => this.#reply(later, [])).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(thrown: unknown): void {
    const error = this.#asHttpError(thrown);
    const style: ErrorStyle = this.#route?.errors ?? "rabbitmq";
    const body = errorBody(error, style);
    if (error.closes) this.#response.shouldKeepAlive = false;
    this.#reply({ status: error.status, contentType: JSON_TYPE, body }, [
      ...["X-Request-Id", this.id],
      ...error.headers,
    ]);
  }

  #asHttpError(thrown: unknown): HttpError {
    if (thrown instanceof HttpError) return thrown;
    const isOperating = thrown instanceof BrokerError;
    const reason = isOperating ? thrown.message : ((thrown as Error).stack ?? String(thrown));
    this.#service.report("http request failed", { ...this.#describe(), reason });
    if (isOperating) return new HttpError("unavailable", thrown.message);
    return new HttpError("internal_error", `a bug of the broker: its log has more of request ${this.id}`);
  }

  #reply({ status, contentType, body }: HttpReply, headers: readonly string[]): void {
    this.#release();
    this.#connection.unansweredCount--;
    if (this.#service.isStopping) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(status, [
      ...["Content-Type", contentType, "Content-Length", String(Buffer.byteLength(body))],
      ...headers,
    ]);
    this.#response.end(body);
    this.#count(status);
  }

  #count(status: number): void {
    const { counters } = this.#service.environment;
    const tookMs = this.#service.slow.nowMs() - this.#startedMs;
    counters.requestSeconds += tookMs / 1000;
    if (status >= SERVER_ERROR) counters.failedRequests++;
    else if (status >= CLIENT_ERROR) counters.refusedRequests++;
    else counters.succeededRequests++;
    if (tookMs <= this.#service.slow.limitMs) return;
    counters.slowRequests++;
    this.#service.slow.tell("http request", tookMs, { status, ...this.#describe() });
  }

  #describe() {
    const { method, url, headers, socket } = this.#request;
    return {
      connection: `http-${this.#connection.id}`,
      request: this.id,
      ...(headers["x-request-id"] === undefined ? {} : { clientRequest: headers["x-request-id"] }),
      peer: `${socket.remoteAddress}:${socket.remotePort}`,
      ...{ method, url, bodyBytes: this.#receivedBytes },
    };
  }

  #release(): void {
    this.#service.budget.release(this.#takenBytes);
    this.#takenBytes = 0;
  }
}

function onData(this: IncomingMessage, chunk: Buffer): void {
  (this as Carrier)[EXCHANGE].received(chunk);
}

function onEnd(this: IncomingMessage): void {
  (this as Carrier)[EXCHANGE].ended();
}

function onClose(this: IncomingMessage): void {
  (this as Carrier)[EXCHANGE].closed();
}

function loginFailed(): HttpError {
  return new HttpError("not_authorised", "Login failed", {
    headers: ["WWW-Authenticate", 'Basic realm="Brokermark"'],
  });
}

function tooLarge(): HttpError {
  return new HttpError("payload_too_large", `bodies may have up to ${MAX_BODY_BYTES} bytes`, {
    closes: true,
  });
}
