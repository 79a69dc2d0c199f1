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

/** All settings of a topic with these overrides. */
export function topicConfigEntries(overrides: Readonly<Record<string, string>>): ConfigEntry[] {
  return settingNames.map((name) => {
    const setting = topicSettings[name];
    const override = Object.hasOwn(overrides, name) ? overrides[name]! : null;
    const synonyms: Synonym[] = [];
    if (override !== null) synonyms.push({ name, value: override, source: ConfigSource.topic });
    if (setting.brokerName !== null) {
      synonyms.push({ name: setting.brokerName, value: setting.default, source: ConfigSource.default });
    }
    return {
      name,
      value: override ?? setting.default,
      readOnly: false,
      configSource: override === null ? ConfigSource.default : ConfigSource.topic,
      isSensitive: false,
      synonyms,
      configType: typeNumber[setting.type],
      documentation: setting.doc,
    };
  });
}

/** Settings of the broker: its own few, and the defaults of topics under their broker-wide names. */
export function brokerConfigEntries(context: RequestContext): ConfigEntry[] {
  return [...ownEntries(context), ...settingNames.flatMap(topicDefaultEntry)];
}

function ownEntries({ node, autoCreateTopics, defaultPartitions }: RequestContext): ConfigEntry[] {
  const own = (name: string, type: ConfigType, value: boolean | number, doc: string): ConfigEntry =>
    brokerEntry(name, type, String(value), ConfigSource.staticBroker, doc);
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

function topicDefaultEntry(name: SettingName): ConfigEntry[] {
  const { brokerName, type, default: value, doc } = topicSettings[name];
  return brokerName === null ? [] : [brokerEntry(brokerName, type, value, ConfigSource.default, doc)];
}

function brokerEntry(
  name: string,
  type: ConfigType,
  value: string,
  source: number,
  documentation: string,
): ConfigEntry {
  const synonyms = [{ name, value, source }];
  const configType = typeNumber[type];
  return {
    name,
    value,
    readOnly: true,
    configSource: source,
    isSensitive: false,
    synonyms,
    configType,
    documentation,
  };
}
