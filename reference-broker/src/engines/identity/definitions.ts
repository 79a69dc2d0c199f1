/**
 * The part of RabbitMQ's definitions file that says who there is: virtual hosts, users and permissions. Queues, exchanges
 * and bindings of such a file are left to clients.
 */
import type { PermissionGrant, TopicPermissionGrant } from "./contract.ts";
import type { StoredPassword } from "./password.ts";
import { compileExpression } from "./permissions.ts";

export interface DefinedUser {
  readonly name: string;
  readonly tags: readonly string[];
  /** Plain text, or hashed already. */
  readonly password: string | StoredPassword;
}

export interface Definitions {
  readonly virtualHosts: readonly string[];
  readonly users: readonly DefinedUser[];
  readonly permissions: readonly PermissionGrant[];
  readonly topicPermissions: readonly TopicPermissionGrant[];
}

type Entry = Readonly<Record<string, unknown>>;

/** RabbitMQ's names of the algorithms of password_hash. */
const HASHES: Readonly<Record<string, "rabbit-sha256" | "rabbit-sha512">> = {
  rabbit_password_hashing_sha256: "rabbit-sha256",
  rabbit_password_hashing_sha512: "rabbit-sha512",
};

/** Throws an Error that names the entry which is wrong. */
export function parseDefinitions(json: string): Definitions {
  const root: unknown = JSON.parse(json);
  if (typeof root !== "object" || root === null) throw new Error("expected a JSON object");
  const entries = (name: string): Entry[] => {
    const list = (root as Entry)[name] ?? [];
    if (!Array.isArray(list)) throw new Error(`${name}: expected a list`);
    return list.map((entry: unknown) => {
      if (typeof entry === "object" && entry !== null) return entry as Entry;
      throw new Error(`${name}: expected objects`);
    });
  };
  return {
    virtualHosts: entries("vhosts").map((entry) => text(entry, "name", "vhosts")),
    users: entries("users").map(readUser),
    permissions: entries("permissions").map((entry) => ({
      ...subject(entry, "permissions"),
      configure: expression(entry, "configure"),
      write: expression(entry, "write"),
      read: expression(entry, "read"),
    })),
    topicPermissions: entries("topic_permissions").map((entry) => ({
      ...subject(entry, "topic_permissions"),
      exchange: text(entry, "exchange", "topic_permissions"),
      write: expression(entry, "write"),
      read: expression(entry, "read"),
    })),
  };
}

function subject(entry: Entry, section: string): { user: string; virtualHost: string } {
  return { user: text(entry, "user", section), virtualHost: text(entry, "vhost", section) };
}

function readUser(entry: Entry): DefinedUser {
  const name = text(entry, "name", "users");
  const tags = entry.tags ?? [];
  const list = Array.isArray(tags) ? tags.map(String) : String(tags).split(",");
  return {
    name,
    tags: list.map((tag) => tag.trim()).filter((tag) => tag !== ""),
    password: readPassword(entry, name),
  };
}

function readPassword(entry: Entry, name: string): string | StoredPassword {
  if (typeof entry.password === "string") return entry.password;
  if (typeof entry.password_hash !== "string")
    throw new Error(`users: ${name} has no password or password_hash`);
  if (entry.password_hash === "") return { scheme: "none" };
  const algorithm = String(entry.hashing_algorithm ?? "rabbit_password_hashing_sha256");
  const scheme = HASHES[algorithm];
  if (scheme === undefined) throw new Error(`users: ${name} has an unknown hashing_algorithm ${algorithm}`);
  return { scheme, hash: entry.password_hash };
}

function expression(entry: Entry, name: string): string {
  const source = text(entry, name, "permissions");
  compileExpression(source);
  return source;
}

function text(entry: Entry, name: string, section: string): string {
  const value = entry[name];
  if (typeof value === "string") return value;
  throw new Error(`${section}: ${name} must be a string`);
}
