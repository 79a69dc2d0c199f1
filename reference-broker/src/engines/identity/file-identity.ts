/** Users and permissions in one small file of the data directory that is replaced as a whole. */
import { createHmac, randomBytes } from "node:crypto";
import { join } from "node:path";
import { BrokerError } from "../../errors.ts";
import type { FileSystem } from "../../mechanisms/file-system.ts";
import { decodeChecked, encodeChecked } from "../../mechanisms/segment.ts";
import type { Identity, Permission, PermissionGrant, TopicPermissionGrant, User } from "./contract.ts";
import type { Definitions } from "./definitions.ts";
import { hashPassword, isPassword, type StoredPassword } from "./password.ts";
import { Permissions } from "./permissions.ts";

interface StoredUser extends User {
  readonly password: StoredPassword;
}

interface StoredIdentity {
  readonly users: readonly StoredUser[];
  readonly permissions: readonly PermissionGrant[];
  readonly topicPermissions: readonly TopicPermissionGrant[];
}

const FILE_NAME = "identity.json";
const EVERYTHING = { configure: ".*", write: ".*", read: ".*" };
/** As RabbitMQ's loopback_users. */
const LOOPBACK_USERS: ReadonlySet<string> = new Set(["guest"]);
export const DEFAULT_VIRTUAL_HOST = "/";

/** What RabbitMQ starts with. */
const INITIAL: StoredIdentity = {
  users: [{ name: "guest", tags: ["administrator"], password: { scheme: "well-known" } }],
  permissions: [{ user: "guest", virtualHost: DEFAULT_VIRTUAL_HOST, ...EVERYTHING }],
  topicPermissions: [],
};

export class FileIdentity implements Identity {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #users = new Map<string, StoredUser>();
  readonly #permissions = new Permissions();
  /** A password that was right once is known by this without the cost of its hash. */
  readonly #sessionKey = randomBytes(32);
  readonly #verified = new Map<string, string>();
  #version = 1;

  /** Throws DATA_DIRECTORY_CORRUPT rather than start with users missing. */
  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    const stored = this.#load();
    for (const user of stored.users) this.#users.set(user.name, user);
    for (const grant of stored.permissions) this.#permissions.grant(grant);
    for (const grant of stored.topicPermissions) this.#permissions.grantTopic(grant);
  }

  get version(): number {
    return this.#version;
  }

  async authenticate(name: string, password: string, fromLoopback: boolean): Promise<User | null> {
    const user = this.#users.get(name);
    if (user === undefined || (LOOPBACK_USERS.has(name) && !fromLoopback)) return null;
    const digest = createHmac("sha256", this.#sessionKey).update(password).digest("base64");
    if (this.#verified.get(name) === digest) return user;
    if (!(await isPassword(password, user.password))) return null;
    if (this.#users.get(name) === user) this.#verified.set(name, digest);
    return user;
  }

  find(name: string): User | null {
    return this.#users.get(name) ?? null;
  }

  mayOpen(user: string, virtualHost: string): boolean {
    return this.#permissions.has(user, virtualHost);
  }

  mayAccess(user: string, virtualHost: string, permission: Permission, resource: string): boolean {
    return this.#permissions.allows(user, virtualHost, permission, resource);
  }

  restrictsTopics(user: string, virtualHost: string, exchange: string): boolean {
    return this.#permissions.restrictsTopics(user, virtualHost, exchange);
  }

  mayUseTopic(
    user: string,
    virtualHost: string,
    exchange: string,
    permission: "write" | "read",
    routingKey: string,
  ): boolean {
    return this.#permissions.allowsTopic(user, virtualHost, exchange, permission, routingKey);
  }

  /** Adds or replaces what the definitions name; stored when the promise resolves. */
  async apply({ users, permissions, topicPermissions }: Omit<Definitions, "virtualHosts">): Promise<void> {
    for (const { name, tags, password } of users) {
      const known = this.#users.get(name)?.password;
      const isKept =
        typeof password === "string" && known !== undefined && (await isPassword(password, known));
      const stored = isKept ? known : typeof password === "string" ? await hashPassword(password) : password;
      this.#users.set(name, { name, tags, password: stored });
      this.#verified.delete(name);
    }
    for (const grant of permissions) this.#permissions.grant(grant);
    for (const grant of topicPermissions) this.#permissions.grantTopic(grant);
    this.#version++;
    this.#save();
  }

  #load(): StoredIdentity {
    const path = join(this.#directory, FILE_NAME);
    const content = this.#fileSystem.readFile(path);
    if (content === null) return INITIAL;
    const identity = decodeChecked<StoredIdentity>(content);
    if (identity !== null) return identity;
    throw new BrokerError(
      "DATA_DIRECTORY_CORRUPT",
      `${path} is damaged: restore it from a copy, or start with another --data-dir`,
    );
  }

  #save(): void {
    const stored: StoredIdentity = {
      users: [...this.#users.values()],
      permissions: this.#permissions.grants,
      topicPermissions: this.#permissions.topicGrants,
    };
    this.#fileSystem.replaceFile(join(this.#directory, FILE_NAME), encodeChecked(stored));
    this.#fileSystem.syncDirectory(this.#directory);
  }
}

/** A user of --user NAME:PASSWORD: everything on the default virtual host. Throws when there is no colon. */
export function userFromOption(assignment: string): Omit<Definitions, "virtualHosts"> {
  const [name = "", ...rest] = assignment.split(":");
  if (name === "" || rest.length === 0) throw new Error("expected NAME:PASSWORD");
  return {
    users: [{ name, tags: [], password: rest.join(":") }],
    permissions: [{ user: name, virtualHost: DEFAULT_VIRTUAL_HOST, ...EVERYTHING }],
    topicPermissions: [],
  };
}
