/** Grants as they are asked: expressions compiled once, looked up by user and virtual host. */
import type { Permission, PermissionGrant, TopicPermissionGrant } from "./contract.ts";

interface CompiledGrant {
  readonly grant: PermissionGrant;
  readonly expressions: Readonly<Record<Permission, RegExp>>;
}

/** Without the u flag: expressions are PCRE's, which takes more escapes. Throws SyntaxError when it is none. */
export function compileExpression(source: string): RegExp {
  return new RegExp(source === "" ? "^$" : source);
}

export class Permissions {
  readonly #grants = new Map<string, CompiledGrant>();
  readonly #topicGrants = new Map<string, TopicPermissionGrant>();

  get grants(): PermissionGrant[] {
    return [...this.#grants.values()].map(({ grant }) => grant);
  }

  get topicGrants(): TopicPermissionGrant[] {
    return [...this.#topicGrants.values()];
  }

  /** In place of an earlier grant of the same user and virtual host. Throws SyntaxError. */
  grant(grant: PermissionGrant): void {
    this.#grants.set(key(grant.user, grant.virtualHost), {
      grant,
      expressions: {
        configure: compileExpression(grant.configure),
        write: compileExpression(grant.write),
        read: compileExpression(grant.read),
      },
    });
  }

  grantTopic(grant: TopicPermissionGrant): void {
    compileExpression(grant.write);
    compileExpression(grant.read);
    this.#topicGrants.set(key(grant.user, grant.virtualHost, grant.exchange), grant);
  }

  has(user: string, virtualHost: string): boolean {
    return this.#grants.has(key(user, virtualHost));
  }

  allows(user: string, virtualHost: string, permission: Permission, resource: string): boolean {
    return this.#grants.get(key(user, virtualHost))?.expressions[permission].test(resource) ?? false;
  }

  restrictsTopics(user: string, virtualHost: string, exchange: string): boolean {
    return this.#topicGrants.has(key(user, virtualHost, exchange));
  }

  allowsTopic(
    user: string,
    virtualHost: string,
    exchange: string,
    permission: "write" | "read",
    routingKey: string,
  ): boolean {
    const grant = this.#topicGrants.get(key(user, virtualHost, exchange));
    if (grant === undefined) return true;
    const source = grant[permission]
      .replaceAll("{username}", () => escapeExpression(user))
      .replaceAll("{vhost}", () => escapeExpression(virtualHost));
    return compileExpression(source).test(routingKey);
  }
}

function key(...parts: readonly string[]): string {
  return parts.join("\0");
}

function escapeExpression(text: string): string {
  return text.replace(/[$()*+./?[\\\]^{|}]/g, "\\$&");
}
