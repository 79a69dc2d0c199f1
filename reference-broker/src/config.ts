/**
 * The broker's options: one table from which parser, environment names and help text come. Topic defaults are set with
 * --set in Kafka's own words and have their own table, engines/log/topic-config.ts.
 */
import { parseArgs } from "node:util";
import { resolveTopicConfig, settingNames, validateOverride } from "./engines/log/topic-config.ts";
import { BrokerError } from "./errors.ts";
import { nearest } from "./base/nearest.ts";

interface Option<T> {
  readonly placeholder: string;
  readonly default: string;
  readonly doc: string;
  parse(text: string): T | null;
}

const MEBIBYTE = 1024 * 1024;
const MAX_PORT = 65535;
/** Default of options that have none. */
const NONE = "(none)";

function text(placeholder: string, fallback: string, doc: string): Option<string> {
  return { placeholder, default: fallback, doc, parse: (value) => (value === "" ? null : value) };
}

function integer(
  placeholder: string,
  fallback: number,
  min: number,
  max: number,
  doc: string,
): Option<number> {
  const parse = (value: string) => {
    const parsed = Number(value);
    return /^\d+$/.test(value) && parsed >= min && parsed <= max ? parsed : null;
  };
  return { placeholder, default: String(fallback), doc: `${doc} (${min}..${max})`, parse };
}

function choice<const T extends string>(choices: readonly T[], fallback: T, doc: string): Option<T> {
  return {
    placeholder: choices.join("|"),
    default: fallback,
    doc,
    parse: (value) => choices.find((candidate) => candidate === value) ?? null,
  };
}

/** A port, or `off` for none. */
function port(fallback: string, doc: string): Option<number | "off"> {
  const parse = (value: string) =>
    value === "off" ? value : integer("PORT", 0, 0, MAX_PORT, "").parse(value);
  return { placeholder: "PORT|off", default: fallback, doc: `${doc} (0..${MAX_PORT})`, parse };
}

const boolean = (fallback: boolean, doc: string): Option<boolean> => ({
  placeholder: "true|false",
  default: String(fallback),
  doc,
  parse: (value) => (value === "true" ? true : value === "false" ? false : null),
});

export const brokerOptions = {
  "data-dir": text("DIR", "brokermark-data", "where logs are kept; made when it is missing"),
  host: text("HOST", "127.0.0.1", "address to listen on"),
  port: integer("PORT", 9092, 0, MAX_PORT, "port of the Kafka protocol; 0 takes a free one"),
  "amqp-port": port("5672", "port of AMQP 0-9-1; 0 takes a free one, which is the default when --port is 0"),
  "amqp-tls-port": port("off", "port of AMQP 0-9-1 over TLS; needs --tls-cert and --tls-key"),
  "tls-cert": text("FILE", NONE, "certificate chain of the broker, PEM"),
  "tls-key": text("FILE", NONE, "key of --tls-cert, PEM"),
  "tls-ca": text(
    "FILE",
    NONE,
    "authorities of client certificates, PEM; with it a client may prove its name by one",
  ),
  "load-definitions": text(
    "FILE",
    NONE,
    "virtual hosts, users and permissions in the form of RabbitMQ's definitions; other parts of the file are not used",
  ),
  mutant: text(
    "ID",
    NONE,
    "misbehave over AMQP in one known way, so that conformance cases can be seen to fail",
  ),
  "advertised-host": text("HOST", "(the host)", "host name that clients are told to connect to"),
  durability: choice(
    ["none", "os", "fsync"],
    "os",
    "when a message counts as stored: none at once, os when the kernel has it, fsync when the disk has it",
  ),
  "auto-create-topics": boolean(true, "whether asking for an unknown topic makes it"),
  "default-partitions": integer("N", 1, 1, 10_000, "partitions of a topic made without a number"),
  "max-request-bytes": integer(
    "BYTES",
    100 * MEBIBYTE,
    1024,
    1024 * MEBIBYTE,
    "larger requests close the connection",
  ),
  "max-message-bytes": integer(
    "BYTES",
    16 * MEBIBYTE,
    1,
    512 * MEBIBYTE,
    "larger AMQP messages are refused with PRECONDITION_FAILED",
  ),
  "memory-limit-bytes": integer(
    "BYTES",
    1024 * MEBIBYTE,
    64 * MEBIBYTE,
    1024 * 1024 * MEBIBYTE,
    "of the process; queues page bodies out below it, and above it AMQP publishers wait",
  ),
  "max-connections": integer("N", 10_000, 1, 1_000_000, "further connections to a port are closed at once"),
  "request-memory-bytes": integer(
    "BYTES",
    256 * MEBIBYTE,
    MEBIBYTE,
    64 * 1024 * MEBIBYTE,
    "requests and messages that are still arriving or not committed, over all connections of a protocol",
  ),
  "write-backlog-bytes": integer(
    "BYTES",
    16 * MEBIBYTE,
    MEBIBYTE,
    64 * 1024 * MEBIBYTE,
    "appends not written yet, over all logs; beyond this requests wait",
  ),
  "tail-cache-bytes": integer(
    "BYTES",
    32 * MEBIBYTE,
    0,
    64 * 1024 * MEBIBYTE,
    "recent batches kept for readers",
  ),
  "retention-check-interval-ms": integer(
    "MS",
    300_000,
    100,
    86_400_000,
    "how often old segments are looked for",
  ),
  "producer-id-expiration-ms": integer(
    "MS",
    86_400_000,
    1000,
    2 ** 40,
    "idle producers are forgotten after this",
  ),
} as const;

type OptionName = keyof typeof brokerOptions;
type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;
type ParsedOptions = {
  readonly [Name in OptionName as CamelCase<Name>]: (typeof brokerOptions)[Name] extends Option<infer T>
    ? T
    : never;
};
export type BrokerConfig = ParsedOptions & {
  readonly topicDefaults: Readonly<Record<string, string>>;
  /** NAME:PASSWORD each. */
  readonly users: readonly string[];
};

const NAMES = Object.keys(brokerOptions) as OptionName[];

function environmentName(name: string): string {
  return `BROKERMARK_BROKER_${name.replaceAll("-", "_").toUpperCase()}`;
}

/** Flags win over the environment, which wins over the defaults. Throws BAD_OPTION with the nearest right name. */
export function parseConfig(argv: readonly string[], environment: NodeJS.ProcessEnv): BrokerConfig | "help" {
  const flags = readFlags(argv);
  if (flags.help === true) return "help";
  const config: Record<string, unknown> = {
    topicDefaults: readTopicDefaults((flags.set ?? []) as string[]),
    users: readUsers((flags.user ?? []) as string[]),
  };
  for (const name of NAMES) {
    const option: Option<unknown> = brokerOptions[name];
    const chosen = (flags[name] as string | undefined) ?? environment[environmentName(name)];
    const given = chosen ?? (name === "amqp-port" && config.port === 0 ? "0" : option.default);
    const value = option.parse(given);
    if (value === null)
      throw new BrokerError(
        "BAD_OPTION",
        `--${name} ${given}: expected ${option.placeholder}. ${option.doc}`,
      );
    config[camelCase(name)] = value;
  }
  if (config.advertisedHost === brokerOptions["advertised-host"].default) config.advertisedHost = config.host;
  if (config.amqpTlsPort !== "off" && (config.tlsCert === NONE || config.tlsKey === NONE)) {
    throw new BrokerError("BAD_OPTION", "--amqp-tls-port: needs --tls-cert and --tls-key");
  }
  return config as BrokerConfig;
}

/** The file an option names, or null. */
export function fileOption(value: string): string | null {
  return value === NONE ? null : value;
}

function readUsers(assignments: readonly string[]): readonly string[] {
  for (const assignment of assignments) {
    if (/^[^:]+:/.test(assignment)) continue;
    throw new BrokerError("BAD_OPTION", `--user ${assignment}: expected NAME:PASSWORD`);
  }
  return assignments;
}

function readFlags(argv: readonly string[]): Record<string, unknown> {
  const options: Record<string, { type: "string" | "boolean"; multiple?: boolean; short?: string }> = {
    help: { type: "boolean", short: "h" },
    set: { type: "string", multiple: true },
    user: { type: "string", multiple: true },
  };
  for (const name of NAMES) options[name] = { type: "string" };
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values;
  } catch (error) {
    const unknown = /'(?:--)?([^' ]+)/.exec((error as Error).message)?.[1] ?? "";
    const hint = nearest(unknown, [...NAMES, "set", "user", "help"]);
    const didYouMean = hint === null ? "" : ` Did you mean --${hint}?`;
    throw new BrokerError(
      "BAD_OPTION",
      `${(error as Error).message.split(". ")[0]}.${didYouMean} See --help.`,
    );
  }
}

function readTopicDefaults(assignments: readonly string[]): Record<string, string> {
  const defaults: Record<string, string> = {};
  for (const assignment of assignments) {
    const [name = "", ...rest] = assignment.split("=");
    const problem =
      rest.length === 0 ? `--set ${assignment}: expected NAME=VALUE` : validateOverride(name, rest.join("="));
    if (problem !== null) {
      const hint = nearest(name, settingNames);
      throw new BrokerError(
        "BAD_OPTION",
        `${problem}${hint === null || hint === name ? "" : `. Did you mean ${hint}?`}`,
      );
    }
    defaults[name] = rest.join("=");
  }
  resolveTopicConfig(defaults);
  return defaults;
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

export function helpText(): string {
  const lines = NAMES.map((name) => {
    const option: Option<unknown> = brokerOptions[name];
    return `  --${name} ${option.placeholder}\n      ${option.doc}. Default ${option.default}. Environment ${environmentName(name)}`;
  });
  return [
    "Brokermark reference broker: the Kafka protocol and AMQP 0-9-1 on one node.",
    "",
    "Options:",
    ...lines,
    "  --set NAME=VALUE\n      default of a topic setting in Kafka's words, e.g. --set segment.bytes=67108864. Repeatable",
    "  --user NAME:PASSWORD\n      adds a user, or gives it this password, with all permissions on virtual host /. Repeatable",
    "",
    "Prints one JSON line on standard output for each protocol it listens for; logs are JSON lines on standard error.",
    "Exit codes: 0 stopped by SIGINT or SIGTERM, 2 bad option, 5 port or directory cannot be used, 70 a bug.",
    "",
  ].join("\n");
}
