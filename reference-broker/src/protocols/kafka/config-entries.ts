/** Settings as DescribeConfigs and CreateTopics show them, from the one table of topic settings. */
import {
  type ConfigType,
  type SettingName,
  settingNames,
  topicSettings,
} from "../../engines/log/topic-config.ts";
import type { RequestContext } from "./request-context.ts";

/** Where a value comes from, numbered as on the wire (KIP-226). */
export const ConfigSource = { topic: 1, staticBroker: 4, default: 5 } as const;

/** Types as numbered on the wire (KIP-569). */
const typeNumber: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
};

export interface Synonym {
  readonly name: string;
  readonly value: string;
  readonly source: number;
}

export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  /** The values that could apply, the one that does first. */
  readonly synonyms: readonly Synonym[];
  readonly configType: number;
  readonly documentation: string;
}

type Values = Readonly<Record<string, string>>;

/** All settings of a topic with these overrides, on a broker that changes these defaults. */
export function topicConfigEntries(overrides: Values, brokerDefaults: Values = {}): ConfigEntry[] {
  return settingNames.map((name) => {
    const setting = topicSettings[name];
    const synonyms = [...topicSynonym(name, overrides), ...brokerSynonyms(name, brokerDefaults)];
    const [first] = synonyms;
    return {
      name,
      value: first?.value ?? setting.default,
      readOnly: false,
      configSource: first?.source ?? ConfigSource.default,
      isSensitive: false,
      synonyms,
      configType: typeNumber[setting.type],
      documentation: setting.doc,
    };
  });
}

function topicSynonym(name: SettingName, overrides: Values): Synonym[] {
  return Object.hasOwn(overrides, name)
    ? [{ name, value: overrides[name]!, source: ConfigSource.topic }]
    : [];
}

function brokerSynonyms(name: SettingName, brokerDefaults: Values): Synonym[] {
  const { brokerName, default: value } = topicSettings[name];
  const shown = brokerName ?? name;
  const synonyms: Synonym[] = [];
  if (Object.hasOwn(brokerDefaults, name)) {
    synonyms.push({ name: shown, value: brokerDefaults[name]!, source: ConfigSource.staticBroker });
  }
  if (brokerName !== null) synonyms.push({ name: brokerName, value, source: ConfigSource.default });
  return synonyms;
}

/** Settings of the broker: its own few, and the defaults of topics under their broker-wide names. */
export function brokerConfigEntries(context: RequestContext): ConfigEntry[] {
  const topicDefaults = settingNames.flatMap((name) => topicDefaultEntry(name, context.topicDefaults));
  return [...ownEntries(context), ...topicDefaults];
}

function ownEntries({ node, autoCreateTopics, defaultPartitions }: RequestContext): ConfigEntry[] {
  const own = (name: string, type: ConfigType, value: boolean | number, doc: string): ConfigEntry =>
    brokerEntry(type, doc, [{ name, value: String(value), source: ConfigSource.staticBroker }]);
  return [
    own("node.id", "int", node.id, "Number of this broker in the cluster."),
    own("num.partitions", "int", defaultPartitions, "Partitions of a topic whose creator names no count."),
    own(
      "auto.create.topics.enable",
      "boolean",
      autoCreateTopics,
      "Whether asking for metadata of an unknown topic creates it.",
    ),
    own("default.replication.factor", "int", 1, "Replicas of a partition. This broker is a single node."),
  ];
}

function topicDefaultEntry(name: SettingName, brokerDefaults: Values): ConfigEntry[] {
  const { brokerName, type, doc } = topicSettings[name];
  return brokerName === null ? [] : [brokerEntry(type, doc, brokerSynonyms(name, brokerDefaults))];
}

/** Nothing of the broker can be changed while it runs, so all of it is read-only. */
function brokerEntry(type: ConfigType, documentation: string, synonyms: readonly Synonym[]): ConfigEntry {
  const { name, value, source } = synonyms[0]!;
  return {
    name,
    value,
    readOnly: true,
    configSource: source,
    isSensitive: false,
    synonyms,
    configType: typeNumber[type],
    documentation,
  };
}
