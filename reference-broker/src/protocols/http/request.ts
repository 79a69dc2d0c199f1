/** What a handler is: a function from one whole request to its reply. Sockets and streams are none of its business. */
import type { User } from "../../engines/identity/contract.ts";
import type { HttpEnvironment } from "./environment.ts";

export interface HttpRequest {
  /** Of the path, decoded, in their order. */
  readonly parameters: readonly string[];
  /** What follows the question mark, or "". */
  readonly query: string;
  /** Without parameters, in lower case; "" when absent. */
  readonly contentType: string;
  /** Empty for routes that take none. */
  readonly body: Buffer;
  /** Who asks, for routes that need to know; the handler is not called for anybody unknown. */
  readonly user: User | null;
}

export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type Handler = (request: HttpRequest, environment: HttpEnvironment) => HttpReply | Promise<HttpReply>;

export const JSON_TYPE = "application/json";

export function jsonReply(value: unknown, status = 200): HttpReply {
  return { status, contentType: JSON_TYPE, body: JSON.stringify(value) };
}
