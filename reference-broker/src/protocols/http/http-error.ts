/** Errors as HTTP clients see them. `word` is RabbitMQ's `error`, `code` Kafka REST's `error_code`. */

/** The one list: word to status. */
export const HTTP_ERRORS = {
  bad_request: 400,
  not_authorised: 401,
  access_refused: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  too_many_requests: 429,
  internal_error: 500,
  unavailable: 503,
} as const;

export type HttpErrorWord = keyof typeof HTTP_ERRORS;

export interface HttpErrorDetails {
  /** Kafka REST's finer code, such as 40401; the status when absent. */
  readonly code?: number;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
  /** The connection ends: what follows on it would not be understood. */
  readonly closes?: boolean;
}

export class HttpError extends Error {
  readonly word: HttpErrorWord;
  readonly code: number;
  readonly headers: readonly string[];
  readonly closes: boolean;

  constructor(word: HttpErrorWord, reason: string, details: HttpErrorDetails = {}) {
    super(reason);
    this.name = "HttpError";
    this.word = word;
    this.code = details.code ?? HTTP_ERRORS[word];
    this.headers = details.headers ?? [];
    this.closes = details.closes ?? false;
  }

  get status(): number {
    return HTTP_ERRORS[this.word];
  }
}

/** RabbitMQ's management or Kafka's REST: whose clients an endpoint answers. */
export type ErrorStyle = "rabbitmq" | "kafka-rest";

export function errorBody(error: HttpError, style: ErrorStyle): string {
  return style === "rabbitmq"
    ? JSON.stringify({ error: error.word, reason: error.message })
    : JSON.stringify({ error_code: error.code, message: error.message });
}
