/**
 * The settings of a topic, in one table: name, type, default, check and meaning. `TopicConfig`, the validation of
 * overrides and the answer to DescribeConfigs all derive from it. Names, types, defaults and ranges are those of
 * Apache Kafka 4.3; a value that Kafka accepts and this broker cannot honour is refused with the reason.
 */

export type ConfigType = "boolean" | "string" | "int" | "long" | "double" | "list";
export type Parsed<V> = { readonly value: V } | { readonly problem: string };

export interface Setting<V> {
  readonly type: ConfigType;
  /** In Kafka's words, as DescribeConfigs shows it. */
  readonly default: string;
  /** Name of the broker-wide setting that Kafka takes the default from, or null where there is none. */
  readonly brokerName: string | null;
  readonly doc: string;
  parse(text: string): Parsed<V>;
}

interface Words {
  readonly default: string;
  readonly broker: string | null;
  readonly doc: string;
}

const INT_MAX = 2n ** 31n - 1n;
const LONG_MAX = 2n ** 63n - 1n;
const FOREVER = LONG_MAX.toString();

function wholeNumber(text: string, min: bigint, max: bigint): Parsed<number> {
  if (!/^[+-]?\d{1,19}$/.test(text.trim())) return { problem: "a whole number is expected" };
  const value = BigInt(text.trim().replace(/^\+/, ""));
  if (value < min) return { problem: `the value must be at least ${min}` };
  if (value > max) return { problem: `the value must be at most ${max}` };
  return { value: Number(value) };
}

function define<V>(type: ConfigType, words: Words, parse: (text: string) => Parsed<V>): Setting<V> {
  return { type, default: words.default, brokerName: words.broker, doc: words.doc, parse };
}

const int = (min: number, words: Words & { max?: number; except?: number }): Setting<number> =>
  define("int", words, (text) => {
    const parsed = wholeNumber(text, BigInt(min), BigInt(words.max ?? INT_MAX));
    if ("problem" in parsed || parsed.value !== words.except) return parsed;
    return { problem: `the value must not be ${words.except}` };
  });

const long = (min: number, words: Words): Setting<number> =>
  define("long", words, (text) => wholeNumber(text, BigInt(min), LONG_MAX));

const ratio = (words: Words): Setting<number> =>
  define("double", words, (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    return value >= 0 && value <= 1 ? { value } : { problem: "a number from 0 to 1 is expected" };
  });

const bool = (words: Words): Setting<boolean> =>
  define("boolean", words, (text) => {
    const word = text.trim().toLowerCase();
    return word === "true" || word === "false"
      ? { value: word === "true" }
      : { problem: "true or false is expected" };
  });

const oneOf = <const V extends string>(choices: readonly V[], words: Words): Setting<V> =>
  define("string", words, (text) => {
    const value = choices.find((choice) => choice === text.trim());
    return value === undefined ? { problem: `one of ${choices.join(", ")} is expected` } : { value };
  });

/** Known to Kafka, but nothing else than the default can be honoured here: anything else is refused with `why`. */
function only<V>(setting: Setting<V>, why: string): Setting<V> {
  const parse = (text: string): Parsed<V> => {
    const parsed = setting.parse(text);
    if ("problem" in parsed || text.trim().toLowerCase() === setting.default.toLowerCase()) return parsed;
    return { problem: why };
  };
  return { ...setting, parse };
}

const text = (words: Words): Setting<string> => define("list", words, (value) => ({ value: value.trim() }));

const cleanupPolicy = (words: Words): Setting<readonly "delete"[]> =>
  define("list", words, (value) => {
    const policies = value.split(",").map((policy) => policy.trim());
    if (policies.includes("compact")) return { problem: "log compaction is not implemented by this broker" };
    const valid = policies.length === 1 && policies[0] === "delete";
    return valid ? { value: ["delete"] } : { problem: "the only policy is delete" };
  });

const NO_TIER = "this broker keeps no remote tier";
const NO_FOLLOWERS = "this broker has no followers to throttle";

export const topicSettings = {
  "cleanup.policy": cleanupPolicy({
    default: "delete",
    broker: "log.cleanup.policy",
    doc: "What happens to old segments. delete: dropped by retention.ms and retention.bytes.",
  }),
  "compression.gzip.level": int(-1, {
    max: 9,
    except: 0,
    default: "-1",
    broker: "compression.gzip.level",
    doc: "Level used when compression.type is gzip; without effect while it is producer.",
  }),
  "compression.lz4.level": int(1, {
    max: 17,
    default: "9",
    broker: "compression.lz4.level",
    doc: "Level used when compression.type is lz4; without effect while it is producer.",
  }),
  "compression.type": only(
    oneOf(["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"], {
      default: "producer",
      broker: "compression.type",
      doc: "Codec of stored batches. producer: batches stay byte for byte as they were sent.",
    }),
    "batches are stored as the producer compressed them, so only producer can be honoured",
  ),
  "compression.zstd.level": int(-131072, {
    max: 22,
    default: "3",
    broker: "compression.zstd.level",
    doc: "Level used when compression.type is zstd; without effect while it is producer.",
  }),
  "delete.retention.ms": long(0, {
    default: "86400000",
    broker: "log.cleaner.delete.retention.ms",
    doc: "How long a compacted topic keeps delete markers; without effect under cleanup.policy delete.",
  }),
  "file.delete.delay.ms": long(0, {
    default: "60000",
    broker: "log.segment.delete.delay.ms",
    doc: "How long the files of a dropped segment stay on disk, for readers that still hold them.",
  }),
  "flush.messages": long(1, {
    default: FOREVER,
    broker: "log.flush.interval.messages",
    doc: "Records after which the log is forced to disk, whatever the durability class of the broker.",
  }),
  "flush.ms": long(0, {
    default: FOREVER,
    broker: "log.flush.interval.ms",
    doc: "Longest time that appended records wait before they are forced to disk.",
  }),
  "follower.replication.throttled.replicas": only(
    text({ default: "", broker: null, doc: "Replicas whose copying is throttled on the follower's side." }),
    NO_FOLLOWERS,
  ),
  "index.interval.bytes": int(0, {
    default: "4096",
    broker: "log.index.interval.bytes",
    doc: "Bytes of log per entry of the offset index.",
  }),
  "leader.replication.throttled.replicas": only(
    text({ default: "", broker: null, doc: "Replicas whose copying is throttled on the leader's side." }),
    NO_FOLLOWERS,
  ),
  "local.retention.bytes": only(
    long(-2, {
      default: "-2",
      broker: "log.local.retention.bytes",
      doc: "Bytes kept locally when older segments are in a remote tier.",
    }),
    NO_TIER,
  ),
  "local.retention.ms": only(
    long(-2, {
      default: "-2",
      broker: "log.local.retention.ms",
      doc: "Time that segments stay on the local disk when older ones are in a remote tier.",
    }),
    NO_TIER,
  ),
  "max.compaction.lag.ms": long(1, {
    default: FOREVER,
    broker: "log.cleaner.max.compaction.lag.ms",
    doc: "Longest time a record may stay uncompacted; without effect under cleanup.policy delete.",
  }),
  "max.message.bytes": int(0, {
    default: "1048588",
    broker: "message.max.bytes",
    doc: "Largest record batch that is accepted, after compression, header included.",
  }),
  "message.timestamp.after.max.ms": long(0, {
    default: "3600000",
    broker: "log.message.timestamp.after.max.ms",
    doc: "How far a record's timestamp may lie ahead of the broker's clock under CreateTime.",
  }),
  "message.timestamp.before.max.ms": long(0, {
    default: FOREVER,
    broker: "log.message.timestamp.before.max.ms",
    doc: "How far a record's timestamp may lie behind the broker's clock under CreateTime.",
  }),
  "message.timestamp.type": oneOf(["CreateTime", "LogAppendTime"], {
    default: "CreateTime",
    broker: "log.message.timestamp.type",
    doc: "Whether records keep the producer's timestamp or get the broker's time of append.",
  }),
  "min.cleanable.dirty.ratio": ratio({
    default: "0.5",
    broker: "log.cleaner.min.cleanable.ratio",
    doc: "Uncompacted share of a log at which compaction starts; without effect under cleanup.policy delete.",
  }),
  "min.compaction.lag.ms": long(0, {
    default: "0",
    broker: "log.cleaner.min.compaction.lag.ms",
    doc: "Shortest time a record stays uncompacted; without effect under cleanup.policy delete.",
  }),
  "min.insync.replicas": int(1, {
    default: "1",
    broker: "min.insync.replicas",
    doc: "Replicas that must hold a batch before acks=all is confirmed. A partition here has one replica.",
  }),
  preallocate: only(
    bool({
      default: "false",
      broker: "log.preallocate",
      doc: "Whether a segment's file gets its size at creation.",
    }),
    "segment files grow as they are written, so only false can be honoured",
  ),
  "remote.log.copy.disable": only(
    bool({ default: "false", broker: null, doc: "Stops copying to the remote tier." }),
    NO_TIER,
  ),
  "remote.log.delete.on.disable": only(
    bool({ default: "false", broker: null, doc: "Drops remote data when the remote tier is switched off." }),
    NO_TIER,
  ),
  "remote.storage.enable": only(
    bool({ default: "false", broker: null, doc: "Moves older segments to a remote tier." }),
    NO_TIER,
  ),
  "retention.bytes": long(-1, {
    default: "-1",
    broker: "log.retention.bytes",
    doc: "Size of a partition above which its oldest segments are dropped; -1 for no limit.",
  }),
  "retention.ms": long(-1, {
    default: "604800000",
    broker: "log.retention.ms",
    doc: "Age of its youngest record at which a segment is dropped; -1 for never.",
  }),
  "segment.bytes": int(1048576, {
    default: "1073741824",
    broker: "log.segment.bytes",
    doc: "Size at which a segment is closed and the next one begun.",
  }),
  "segment.index.bytes": int(4, {
    default: "10485760",
    broker: "log.index.size.max.bytes",
    doc: "Size of the offset index at which a segment is closed.",
  }),
  "segment.jitter.ms": long(0, {
    default: "0",
    broker: "log.roll.jitter.ms",
    doc: "Largest random part taken off segment.ms, so that segments of many partitions do not roll together.",
  }),
  "segment.ms": long(1, {
    default: "604800000",
    broker: "log.roll.ms",
    doc: "Age at which a segment is closed even if it is not full.",
  }),
  "unclean.leader.election.enable": bool({
    default: "false",
    broker: "unclean.leader.election.enable",
    doc: "Whether a replica outside the in-sync set may lead; without effect on a single node.",
  }),
} as const;

export type SettingName = keyof typeof topicSettings;

type CamelCase<Name extends string> = Name extends `${infer Head}.${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;

/**
 * Resolved settings of a topic: `config.segmentBytes` for `segment.bytes`. Sizes in bytes, times in milliseconds;
 * Kafka's "no limit" of 2^63-1 arrives as a number of that magnitude.
 */
export type TopicConfig = {
  readonly [Name in SettingName as CamelCase<Name>]: (typeof topicSettings)[Name] extends Setting<infer V>
    ? V
    : never;
};

export const settingNames = Object.keys(topicSettings) as SettingName[];

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(topicSettings, name);
}

/** What is wrong with `name=value` as an override of a topic, in one sentence, or null. */
export function validateOverride(name: string, value: string): string | null {
  if (!isSettingName(name)) return `Unknown topic config name: ${name}`;
  const parsed = topicSettings[name].parse(value);
  return "problem" in parsed ? `Invalid value ${value} for configuration ${name}: ${parsed.problem}` : null;
}

/** Defaults with `overrides` laid over them. The overrides are validated: a bad one throws. */
export function resolveTopicConfig(overrides: Readonly<Record<string, string>> = {}): TopicConfig {
  const config: Record<string, unknown> = {};
  for (const name of Object.keys(overrides)) {
    const problem = validateOverride(name, overrides[name]!);
    if (problem !== null) throw new Error(problem);
  }
  for (const name of settingNames) {
    const parsed = topicSettings[name].parse(overrides[name] ?? topicSettings[name].default);
    if ("problem" in parsed) throw new Error(`${name}: ${parsed.problem}`);
    config[camelCase(name)] = parsed.value;
  }
  return config as TopicConfig;
}

function camelCase(name: string): string {
  return name.replace(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
