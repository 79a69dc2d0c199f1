/** Permission checks in RabbitMQ's words; each throws ACCESS_REFUSED. */
import type { Permission } from "../../engines/identity/contract.ts";
import { AmqpError } from "./reply-codes.ts";
import type { Session } from "./session.ts";

type Kind = "queue" | "exchange";

/** Under this name permissions are asked for the default exchange. */
const DEFAULT_EXCHANGE = "amq.default";

export function checkAccess(session: Session, permission: Permission, kind: Kind, name: string): void {
  const { environment, user, virtualHost } = session;
  const resource = kind === "exchange" && name === "" ? DEFAULT_EXCHANGE : name;
  if (environment.identity.mayAccess(user.name, virtualHost.name, permission, resource)) return;
  throw new AmqpError(
    "ACCESS_REFUSED",
    `${permission} access to ${kind} '${resource}' in vhost '${virtualHost.name}' refused for user '${user.name}'`,
  );
}

/** For a topic exchange only; nothing happens when no topic permissions are set. */
export function checkTopicAccess(
  session: Session,
  permission: "write" | "read",
  exchange: string,
  routingKey: string,
): void {
  const { environment, user, virtualHost } = session;
  if (environment.identity.mayUseTopic(user.name, virtualHost.name, exchange, permission, routingKey)) return;
  throw new AmqpError(
    "ACCESS_REFUSED",
    `${permission} access to topic '${routingKey}' in exchange '${exchange}' in vhost '${virtualHost.name}' refused for user '${user.name}'`,
  );
}

export function isTopicRestricted(session: Session, exchange: string): boolean {
  const { environment, user, virtualHost } = session;
  return environment.identity.restrictsTopics(user.name, virtualHost.name, exchange);
}
