/**
 * RabbitMQ's direct reply-to: a channel consumes from the pseudo-queue amq.rabbitmq.reply-to, its requests carry that
 * name as reply-to, and answers published to the name they were given go to the channel without a queue between.
 */
import { randomBytes } from "node:crypto";
import type { Message } from "../../mechanisms/message.ts";

export const REPLY_QUEUE = "amq.rabbitmq.reply-to";
const PREFIX = `${REPLY_QUEUE}.`;
const TOKEN_BYTES = 18;

export interface ReplyReceiver {
  /** Dropped when the receiver's connection is full: replies are at most once. */
  receiveReply(message: Message): void;
}

export class ReplyRoutes {
  readonly #receivers = new Map<string, ReplyReceiver>();

  /** The routing key that replies to `receiver` are published with. */
  open(receiver: ReplyReceiver): string {
    const key = PREFIX + randomBytes(TOKEN_BYTES).toString("base64url");
    this.#receivers.set(key, receiver);
    return key;
  }

  close(key: string): void {
    this.#receivers.delete(key);
  }

  /** Whether a queue of this name can be declared passively. */
  exists(queue: string): boolean {
    return queue === REPLY_QUEUE || this.#receivers.has(queue);
  }

  /** undefined: the name is no reply name; null: it was one, or its receiver is gone. */
  find(exchange: string, routingKey: string): ReplyReceiver | null | undefined {
    if (exchange !== "" || !routingKey.startsWith(PREFIX)) return undefined;
    return this.#receivers.get(routingKey) ?? null;
  }
}
