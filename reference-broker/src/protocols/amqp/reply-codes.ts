/** Why a channel or a connection is closed: AMQP 0-9-1's reply codes, with the level at which RabbitMQ raises them. */
import type { QueueErrorCode } from "../../engines/queues/contract.ts";

/** `closes`: the channel alone (a soft error), or the whole connection (a hard one). */
export const REPLY_CODES = {
  CONTENT_TOO_LARGE: { code: 311, closes: "channel" },
  NO_ROUTE: { code: 312, closes: "channel" },
  NO_CONSUMERS: { code: 313, closes: "channel" },
  CONNECTION_FORCED: { code: 320, closes: "connection" },
  INVALID_PATH: { code: 402, closes: "connection" },
  ACCESS_REFUSED: { code: 403, closes: "channel" },
  NOT_FOUND: { code: 404, closes: "channel" },
  RESOURCE_LOCKED: { code: 405, closes: "channel" },
  PRECONDITION_FAILED: { code: 406, closes: "channel" },
  FRAME_ERROR: { code: 501, closes: "connection" },
  SYNTAX_ERROR: { code: 502, closes: "connection" },
  COMMAND_INVALID: { code: 503, closes: "connection" },
  CHANNEL_ERROR: { code: 504, closes: "connection" },
  UNEXPECTED_FRAME: { code: 505, closes: "connection" },
  RESOURCE_ERROR: { code: 506, closes: "connection" },
  NOT_ALLOWED: { code: 530, closes: "connection" },
  NOT_IMPLEMENTED: { code: 540, closes: "connection" },
  INTERNAL_ERROR: { code: 541, closes: "connection" },
} as const;

export type ReplyCode = keyof typeof REPLY_CODES;

/** A reply text is a short string. */
const MAX_TEXT_BYTES = 255;

/** The client did what it may not; thrown by handlers, turned into channel.close or connection.close. */
export class AmqpError extends Error {
  readonly reply: ReplyCode;

  /** `message` in RabbitMQ's words, without the name of the code. */
  constructor(reply: ReplyCode, message: string) {
    super(message);
    this.name = "AmqpError";
    this.reply = reply;
  }

  get code(): number {
    return REPLY_CODES[this.reply].code;
  }

  /** "NOT_FOUND - no exchange 'x' in vhost '/'", as RabbitMQ puts it, cut to what a short string holds. */
  get replyText(): string {
    return shortText(`${this.reply} - ${this.message}`);
  }
}

function shortText(text: string): string {
  if (Buffer.byteLength(text) <= MAX_TEXT_BYTES) return text;
  return `${Buffer.from(text)
    .subarray(0, MAX_TEXT_BYTES - 3)
    .toString("utf8")
    .replace(/\ufffd+$/, "")}...`;
}

export const REPLY_OF_QUEUE_ERROR: Readonly<Record<QueueErrorCode, ReplyCode>> = {
  "not-found": "NOT_FOUND",
  "access-refused": "ACCESS_REFUSED",
  "resource-locked": "RESOURCE_LOCKED",
  "precondition-failed": "PRECONDITION_FAILED",
  "not-allowed": "NOT_ALLOWED",
};
