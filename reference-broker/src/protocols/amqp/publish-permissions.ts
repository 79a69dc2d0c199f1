/** Whether a channel may publish to an exchange, remembered for the exchange it published to last. */
import type { Message } from "../../mechanisms/message.ts";
import { checkAccess, checkTopicAccess, isTopicRestricted } from "./access.ts";
import type { Session } from "./session.ts";

/** Headers whose values are routing keys too. */
const ROUTING_HEADERS: ReadonlySet<string> = new Set(["CC", "BCC"]);

export class PublishPermissions {
  readonly #session: Session;
  #exchange: string | null = null;
  #version = 0;
  #checksTopics = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Throws ACCESS_REFUSED; not-found where a topic exchange would have to be known and is not. */
  check(message: Message): void {
    const { exchange } = message;
    if (exchange !== this.#exchange || this.#version !== this.#session.environment.identity.version) {
      this.#learn(exchange);
    }
    if (this.#checksTopics) this.#checkTopics(message);
  }

  #learn(exchange: string): void {
    this.#exchange = null;
    checkAccess(this.#session, "write", "exchange", exchange);
    this.#checksTopics =
      isTopicRestricted(this.#session, exchange) &&
      this.#session.virtualHost.requireExchange(exchange).type === "topic";
    this.#version = this.#session.environment.identity.version;
    this.#exchange = exchange;
  }

  #checkTopics(message: Message): void {
    checkTopicAccess(this.#session, "write", message.exchange, message.routingKey);
    for (const [name, field] of message.headers() ?? []) {
      if (!ROUTING_HEADERS.has(name) || !Array.isArray(field.value)) continue;
      for (const { value } of field.value as { value: unknown }[]) {
        checkTopicAccess(this.#session, "write", message.exchange, String(value));
      }
    }
  }
}
