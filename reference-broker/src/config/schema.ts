/**
 * The broker's options, in one table: the type BrokerConfig, flags, names in the environment and in the configuration
 * file, checks and help all derive from it. A row's name is its flag; `key` is its section and key in a file. The broker
 * acts on every row: what it cannot act on stands in refused-keys.ts instead.
 * Defaults of topics have Kafka's names and a table of their own, engines/log/topic-config.ts.
 */
import type { Assignment } from "./assignment.ts";
import {
  boolean,
  choice,
  fraction,
  integer,
  type Option,
  optional,
  port,
  portOrOff,
  text,
} from "./option.ts";

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const GIBIBYTE = 1024 * MEBIBYTE;
/** Ten years of 365 days, as for x-message-ttl. */
const LONGEST_TTL_MS = 315_360_000_000;

export const profileNames = ["development", "high-throughput", "low-latency", "mixed", "durable"] as const;
export type ProfileName = (typeof profileNames)[number];

export const brokerOptions = {
  profile: choice(profileNames, {
    key: "profile",
    default: "mixed",
    doc: "values of other options that suit a use, listed below; mixed is the defaults",
  }),
  "data-dir": text("DIR", {
    key: "storage.data_dir",
    default: "brokermark-data",
    doc: "where logs are kept; made when it is missing",
  }),
  host: text("HOST", { key: "server.host", default: "127.0.0.1", doc: "address to listen on" }),
  port: port({ key: "server.port", default: 9092, doc: "port of the Kafka protocol; 0 takes a free one" }),
  "amqp-port": portOrOff({
    key: "server.amqp_port",
    default: 5672,
    doc: "port of AMQP 0-9-1; 0 takes a free one, which is the default when --port is 0",
  }),
  "amqp-tls-port": portOrOff({
    key: "server.amqp_tls_port",
    default: "off",
    doc: "port of AMQP 0-9-1 over TLS; needs --tls-cert and --tls-key",
  }),
  "http-port": portOrOff({
    key: "server.http_port",
    default: "off",
    doc: "port of HTTP: health, metrics, this configuration, statistics, publishing; 0 takes a free one",
  }),
  "tls-cert": optional("FILE", { key: "tls.cert", doc: "certificate chain of the broker, PEM" }),
  "tls-key": optional("FILE", { key: "tls.key", doc: "key of --tls-cert, PEM" }),
  "tls-ca": optional("FILE", {
    key: "tls.ca",
    doc: "authorities of client certificates, PEM; with it a client may prove its name by one",
  }),
  "load-definitions": optional("FILE", {
    key: "amqp.load_definitions",
    doc: "virtual hosts, users and permissions in the form of RabbitMQ's definitions; other parts of the file are not used",
  }),
  mutant: optional("ID", {
    key: "amqp.mutant",
    doc: "misbehave over AMQP in one known way, so that conformance cases can be seen to fail",
  }),
  "advertised-host": optional("HOST", {
    key: "server.advertised_host",
    doc: "host name that clients are told to connect to; --host unless given",
  }),
  durability: choice(["none", "os", "fsync"], {
    key: "storage.durability",
    default: "os",
    doc: "when a message counts as stored: none at once, os when the kernel has it, fsync when the disk has it",
  }),
  "flush-interval-ms": integer({
    ...{ key: "storage.flush_interval_ms", unit: "MS", default: 0, min: 0, max: 1000 },
    doc: "how long appends of logs and queues may gather before they are written together; 0 writes them as soon as all that was readable is read",
  }),
  "flush-bytes": integer({
    ...{ key: "storage.flush_bytes", unit: "BYTES" },
    ...{ default: 256 * KIBIBYTE, min: 1, max: 64 * MEBIBYTE },
    doc: "when so much has gathered it is written before --flush-interval-ms is over",
  }),
  "auto-create-topics": boolean({
    key: "kafka.auto_create_topics",
    default: true,
    doc: "whether asking for an unknown topic makes it",
  }),
  "default-partitions": integer({
    ...{ key: "kafka.default_partitions", unit: "N", default: 1, min: 1, max: 10_000 },
    doc: "partitions of a topic made without a number",
  }),
  "max-request-bytes": integer({
    ...{ key: "kafka.max_request_bytes", unit: "BYTES" },
    ...{ default: 100 * MEBIBYTE, min: KIBIBYTE, max: GIBIBYTE },
    doc: "larger requests close the connection",
  }),
  "max-message-bytes": integer({
    ...{ key: "server.max_message_size_bytes", unit: "BYTES" },
    ...{ default: 16 * MEBIBYTE, min: 1, max: 512 * MEBIBYTE },
    doc: "larger AMQP messages are refused with PRECONDITION_FAILED",
  }),
  "subscriber-capacity": integer({
    ...{ key: "queues.subscriber_capacity", unit: "N", default: 0, min: 0, max: 2 ** 40 },
    doc: "most ready messages in an AMQP queue declared without x-max-length; 0 for no limit",
  }),
  "overflow-policy": choice(
    [
      "drop-head",
      "reject-publish",
      "reject-publish-dlx",
      "drop-new",
      "disconnect-consumer",
      "block-publisher",
    ],
    {
      key: "queues.overflow_policy",
      default: "drop-head",
      doc: "what happens beyond the limit of an AMQP queue declared without x-overflow",
    },
  ),
  "default-ttl-ms": integer({
    ...{ key: "delivery.default_ttl_ms", unit: "MS", default: 0, min: 0, max: LONGEST_TTL_MS },
    doc: "how long messages live in an AMQP queue declared without x-message-ttl; 0 for ever",
  }),
  "max-batch": integer({
    ...{ key: "delivery.max_batch", unit: "N", default: 512, min: 1, max: 65_536 },
    doc: "messages an AMQP queue delivers before other queues and connections have their turn",
  }),
  "memory-limit-bytes": integer({
    ...{ key: "memory.limit_bytes", unit: "BYTES" },
    ...{ default: GIBIBYTE, min: 64 * MEBIBYTE, max: 1024 * GIBIBYTE },
    doc: "of the process; queues page bodies out below it, and above it AMQP publishers wait",
  }),
  "page-at-fraction": fraction({
    key: "memory.page_at_fraction",
    default: 0.9,
    doc: "part of --memory-limit-bytes above which queues page bodies out, the largest first",
  }),
  "page-to-fraction": fraction({
    key: "memory.page_to_fraction",
    default: 0.8,
    doc: "part of --memory-limit-bytes down to which they do",
  }),
  "max-connections": integer({
    ...{ key: "server.max_connections", unit: "N", default: 10_000, min: 1, max: 1_000_000 },
    doc: "further connections to a port are closed at once",
  }),
  "request-memory-bytes": integer({
    ...{ key: "memory.request_bytes", unit: "BYTES" },
    ...{ default: 256 * MEBIBYTE, min: MEBIBYTE, max: 64 * GIBIBYTE },
    doc: "requests and messages that are still arriving or not committed, over all connections of a protocol",
  }),
  "write-backlog-bytes": integer({
    ...{ key: "storage.write_backlog_bytes", unit: "BYTES" },
    ...{ default: 16 * MEBIBYTE, min: MEBIBYTE, max: 64 * GIBIBYTE },
    doc: "appends not written yet, over all logs; beyond this requests wait",
  }),
  "tail-cache-bytes": integer({
    ...{ key: "memory.tail_cache_bytes", unit: "BYTES" },
    ...{ default: 32 * MEBIBYTE, min: 0, max: 64 * GIBIBYTE },
    doc: "recent batches kept for readers",
  }),
  "retention-check-interval-ms": integer({
    ...{ key: "kafka.retention_check_interval_ms", unit: "MS", default: 300_000, min: 100, max: 86_400_000 },
    doc: "how often old segments are looked for",
  }),
  "producer-id-expiration-ms": integer({
    ...{ key: "kafka.producer_id_expiration_ms", unit: "MS", default: 86_400_000, min: 1000, max: 2 ** 40 },
    doc: "idle producers are forgotten after this",
  }),
  "log-level": choice(["debug", "info", "warn", "error"], {
    key: "logging.level",
    default: "info",
    doc: "least severe lines that are written to standard error",
  }),
  "slow-operation-ms": integer({
    ...{ key: "logging.slow_operation_ms", unit: "MS", default: 1000, min: 0, max: 3_600_000 },
    doc: "operations that take longer are logged; 0 logs none",
  }),
} as const;

/** Flags that are no options; null: without a value. */
export const otherFlags = {
  config: {
    placeholder: "FILE",
    doc: "options in TOML, by the keys above. Environment BROKERMARK_BROKER_CONFIG",
  },
  "check-config": {
    placeholder: "FILE",
    doc: "says what would be in effect with this file, or what is wrong with it, and starts nothing",
  },
  set: {
    placeholder: "NAME=VALUE",
    doc: "default of a topic setting in Kafka's words, e.g. --set segment.bytes=67108864. Repeatable. Environment BROKERMARK_BROKER_SET, separated by spaces. In a file: NAME = VALUE under [topics]",
  },
  user: {
    placeholder: "NAME:PASSWORD",
    doc: "adds a user, or gives it this password, with all permissions on virtual host /. Repeatable. Environment BROKERMARK_BROKER_USER, separated by spaces. In a file: NAME = PASSWORD under [users]",
  },
  inject: {
    placeholder: "KIND:NAME=VALUE,...",
    doc: "be slower or larger in one known way, so that the regression gate can be seen to notice it: cpu:ns=,every=  cpu-share:permille=,every=  delay:us=  stall:every=,ms=  leak:bytes=,every=  slow-start:ms=. Repeatable. Environment BROKERMARK_BROKER_INJECT, separated by spaces",
  },
  help: { placeholder: null, doc: "this text" },
} as const;

export type OptionName = keyof typeof brokerOptions;

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;
type OptionValues = {
  readonly [Name in OptionName as CamelCase<Name>]: (typeof brokerOptions)[Name] extends Option<infer T>
    ? T
    : never;
};

/** What is in effect. Optional files and names are null where there is none. */
export type BrokerConfig = Omit<OptionValues, "advertisedHost"> & {
  /** The host, unless another one is given. */
  readonly advertisedHost: string;
  /** Overrides of topic settings, validated, in Kafka's names. */
  readonly topicDefaults: Readonly<Record<string, string>>;
  /** NAME:PASSWORD each. */
  readonly users: readonly string[];
  /** KIND:name=value,... each; checked when they are loaded. */
  readonly injectors: readonly string[];
  /** The file options were read from, or null. */
  readonly configFile: string | null;
  /** All that was given, weakest first; describeConfig says what came of it. Holds passwords. */
  readonly assignments: readonly Assignment[];
};

export const optionNames = Object.keys(brokerOptions) as OptionName[];

/** The field of BrokerConfig. */
export function fieldName(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

export function environmentName(name: string): string {
  return `BROKERMARK_BROKER_${name.replaceAll("-", "_").toUpperCase()}`;
}
