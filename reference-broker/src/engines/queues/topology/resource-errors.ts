/** What is refused about exchanges, queues and bindings, in RabbitMQ 4's words: they reach clients and their tests. */
import { QueueError } from "../contract.ts";

export type ResourceKind = "exchange" | "queue";

export const RESERVED_PREFIX = "amq.";

export function describeResource(kind: ResourceKind, name: string, virtualHost: string): string {
  return `${kind} '${name}' in vhost '${virtualHost}'`;
}

/** `resource`: as describeResource gives it, in all of these. */
export const notFound = (resource: string) => new QueueError("not-found", `no ${resource}`);

export const inUse = (resource: string) => new QueueError("precondition-failed", `${resource} in use`);

export const notEmpty = (resource: string) => new QueueError("precondition-failed", `${resource} not empty`);

export const internalExchange = (resource: string) =>
  new QueueError("access-refused", `cannot publish to internal ${resource}`);

export const systemExchange = (resource: string) =>
  new QueueError("access-refused", `deletion of system ${resource} not allowed`);

export const defaultExchange = () =>
  new QueueError("access-refused", "operation not permitted on the default exchange");

export const reservedName = (kind: ResourceKind, name: string) =>
  new QueueError("access-refused", `${kind} name '${name}' contains reserved prefix 'amq.*'`);

export const lockedQueue = (resource: string) =>
  new QueueError(
    "resource-locked",
    `cannot obtain exclusive access to locked ${resource}. It could be originally declared on another ` +
      "connection or the exclusive property value does not match that of the original declaration.",
  );
