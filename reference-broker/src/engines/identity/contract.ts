/**
 * Who may do what, for every protocol: users with passwords and tags, and RabbitMQ's permissions, three regular
 * expressions per user and virtual host. A user without permissions on a virtual host may not open it.
 */

export type Permission = "configure" | "write" | "read";

export interface User {
  readonly name: string;
  readonly tags: readonly string[];
}

export interface Identity {
  /** Rises with every change; what was allowed under an older one is asked again. */
  readonly version: number;
  /** The user if the password is the right one; users bound to loopback are refused from elsewhere. */
  authenticate(name: string, password: string, fromLoopback: boolean): Promise<User | null>;
  /** For a name that was proven otherwise, such as by a certificate. */
  find(name: string): User | null;
  mayOpen(user: string, virtualHost: string): boolean;
  /** `resource`: name of a queue or exchange; the default exchange is asked for as "amq.default". */
  mayAccess(user: string, virtualHost: string, permission: Permission, resource: string): boolean;
  /** Whether topic permissions of this user on this exchange are set at all. */
  restrictsTopics(user: string, virtualHost: string, exchange: string): boolean;
  /** Topic permissions narrow a topic exchange's routing keys; where none are set everything is allowed. */
  mayUseTopic(
    user: string,
    virtualHost: string,
    exchange: string,
    permission: "write" | "read",
    routingKey: string,
  ): boolean;
}

/** Regular expressions; "" matches nothing but the empty name. */
export interface PermissionGrant {
  readonly user: string;
  readonly virtualHost: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** {username}, {vhost} in the expressions stand for themselves. */
export interface TopicPermissionGrant {
  readonly user: string;
  readonly virtualHost: string;
  readonly exchange: string;
  readonly write: string;
  readonly read: string;
}
