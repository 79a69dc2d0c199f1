/**
 * Users that the permission cases need. AMQP has no words to make them, so a target that is started for the suite gets
 * them as a definitions file in RabbitMQ's form; an external broker has them or the cases are unsupported.
 */
import { createHash } from "node:crypto";

export const OTHER_VIRTUAL_HOST = "conform-other";
export const ACCOUNT_PASSWORD = "conform";
export const TOPIC_EXCHANGE = "conform.topics";

interface Account {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
  /** Routing keys that may be published to TOPIC_EXCHANGE; null: all. */
  readonly topics?: string;
}

const EVERYTHING = ".*";
const NOTHING = "^$";

export const ACCOUNTS = {
  "conform-no-configure": { configure: NOTHING, write: EVERYTHING, read: EVERYTHING },
  "conform-no-write": { configure: EVERYTHING, write: NOTHING, read: EVERYTHING },
  "conform-no-read": { configure: EVERYTHING, write: EVERYTHING, read: NOTHING },
  "conform-nothing": { configure: NOTHING, write: NOTHING, read: NOTHING },
  "conform-reader": { configure: NOTHING, write: NOTHING, read: EVERYTHING },
  "conform-topics": { configure: EVERYTHING, write: EVERYTHING, read: EVERYTHING, topics: "^allowed\\." },
} as const satisfies Record<string, Account>;

export type AccountName = keyof typeof ACCOUNTS;

/** Definitions as RabbitMQ imports them at its start; they replace the user that it would make by itself. */
export function definitionsFile(): string {
  const accounts: readonly (readonly [string, Account])[] = Object.entries(ACCOUNTS);
  const guest = { user: "guest", configure: EVERYTHING, write: EVERYTHING, read: EVERYTHING };
  const definitions = {
    vhosts: [{ name: "/" }, { name: OTHER_VIRTUAL_HOST }],
    users: [
      defineUser("guest", "guest", ["administrator"]),
      ...accounts.map(([name]) => defineUser(name, ACCOUNT_PASSWORD, [])),
    ],
    permissions: [
      { ...guest, vhost: "/" },
      { ...guest, vhost: OTHER_VIRTUAL_HOST },
      ...accounts.map(([user, { configure, write, read }]) => ({ user, vhost: "/", configure, write, read })),
    ],
    topic_permissions: accounts.flatMap(([user, { topics }]) =>
      topics === undefined
        ? []
        : [{ user, vhost: "/", exchange: TOPIC_EXCHANGE, write: topics, read: EVERYTHING }],
    ),
  };
  return `${JSON.stringify(definitions, null, 2)}\n`;
}

/** The hash is base64 of four bytes of salt and SHA-256 of salt and password. The salt protects nothing here. */
function defineUser(name: string, password: string, tags: readonly string[]) {
  const salt = Buffer.from("salt");
  const hash = createHash("sha256").update(salt).update(password).digest();
  return {
    name,
    password_hash: Buffer.concat([salt, hash]).toString("base64"),
    hashing_algorithm: "rabbit_password_hashing_sha256",
    tags,
  };
}
