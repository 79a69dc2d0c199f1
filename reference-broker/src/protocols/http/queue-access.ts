/** What a user may see and do on the AMQP side; the same permissions as over AMQP. Refusals throw HttpError. */
import type { User } from "../../engines/identity/contract.ts";
import { QueueError, type QueueErrorCode, type VirtualHost } from "../../engines/queues/contract.ts";
import type { Message } from "../../mechanisms/message.ts";
import type { HttpEnvironment, QueueSide } from "./environment.ts";
import { HttpError, type HttpErrorWord } from "./http-error.ts";
import type { HttpRequest } from "./request.ts";

/** With one of them a user sees every virtual host, as in RabbitMQ. */
const OVERSEERS: readonly string[] = ["administrator", "monitoring"];
/** Under this name permissions are asked for the default exchange, and it stands so in paths. */
export const DEFAULT_EXCHANGE = "amq.default";
const ROUTING_HEADERS: ReadonlySet<string> = new Set(["CC", "BCC"]);

const WORDS: Readonly<Record<QueueErrorCode, HttpErrorWord>> = {
  "not-found": "not_found",
  "access-refused": "access_refused",
  "resource-locked": "access_refused",
  "precondition-failed": "bad_request",
  "not-allowed": "access_refused",
};

export function requireQueueSide({ queues }: HttpEnvironment): QueueSide {
  if (queues === null)
    throw new HttpError("unavailable", "AMQP is off: start the broker with an --amqp-port");
  return queues;
}

/** Routes of this side ask for a user. */
export function userOf({ user }: HttpRequest): User {
  if (user === null) throw new HttpError("not_authorised", "Login failed");
  return user;
}

export function visibleVirtualHosts(queues: QueueSide, user: User): VirtualHost[] {
  const seesAll = user.tags.some((tag) => OVERSEERS.includes(tag));
  return [...queues.engine.virtualHosts.values()].filter(
    ({ name }) => seesAll || queues.identity.mayOpen(user.name, name),
  );
}

export function openVirtualHost(queues: QueueSide, user: User, name: string): VirtualHost {
  const virtualHost = queues.engine.virtualHost(name);
  if (virtualHost === undefined) throw new HttpError("not_found", `vhost ${name} not found`);
  if (queues.identity.mayOpen(user.name, name)) return virtualHost;
  throw new HttpError("access_refused", `access to vhost '${name}' refused for user '${user.name}'`);
}

/** Throws access_refused in RabbitMQ's words; not_found where a topic exchange would have to be known and is not. */
export function checkPublish(
  queues: QueueSide,
  user: User,
  virtualHost: VirtualHost,
  message: Message,
): void {
  const { identity } = queues;
  const { exchange } = message;
  const resource = exchange === "" ? DEFAULT_EXCHANGE : exchange;
  if (!identity.mayAccess(user.name, virtualHost.name, "write", resource)) {
    throw new HttpError(
      "access_refused",
      `write access to exchange '${resource}' in vhost '${virtualHost.name}' refused for user '${user.name}'`,
    );
  }
  if (!identity.restrictsTopics(user.name, virtualHost.name, exchange)) return;
  if (asHttpError(() => virtualHost.requireExchange(exchange)).type !== "topic") return;
  for (const key of routingKeysOf(message)) {
    if (identity.mayUseTopic(user.name, virtualHost.name, exchange, "write", key)) continue;
    throw new HttpError(
      "access_refused",
      `write access to topic '${key}' in exchange '${exchange}' in vhost '${virtualHost.name}' refused for user '${user.name}'`,
    );
  }
}

function routingKeysOf(message: Message): string[] {
  const keys = [message.routingKey];
  for (const [name, field] of message.headers() ?? []) {
    if (!ROUTING_HEADERS.has(name) || !Array.isArray(field.value)) continue;
    for (const { value } of field.value as { value: unknown }[]) keys.push(String(value));
  }
  return keys;
}

/** Runs `step`; the engine's refusals become HTTP's. */
export function asHttpError<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof QueueError) throw new HttpError(WORDS[error.code], error.message);
    throw error;
  }
}
