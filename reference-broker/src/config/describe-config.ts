/** The configuration in effect, with the source of each value; without passwords. Loaded when somebody asks. */
import type { Assignment, Source } from "./assignment.ts";
import { type BrokerConfig, brokerOptions, fieldName, optionNames, type ProfileName } from "./schema.ts";

export interface Origin {
  readonly source: Source;
  /** "--port", "BROKERMARK_BROKER_PORT", "broker.toml:3", "profile durable"; absent of a default. */
  readonly place?: string;
}

export interface EffectiveValue extends Origin {
  readonly value: string | number | boolean | null;
}

export interface EffectiveConfiguration {
  readonly profile: ProfileName;
  /** The file options were read from, or null. */
  readonly file: string | null;
  /** By key of the configuration file, e.g. "server.port". */
  readonly options: Readonly<Record<string, EffectiveValue>>;
  /** Changed defaults of topic settings, in Kafka's names. */
  readonly topics: Readonly<Record<string, EffectiveValue>>;
  /** Users that were given a password. */
  readonly users: Readonly<Record<string, Origin>>;
  /** What makes this broker slower or larger on purpose, as it was given. */
  readonly injectors: readonly string[];
}

export function describeConfig(config: BrokerConfig): EffectiveConfiguration {
  const { profile, configFile: file, injectors, assignments } = config;
  const values = config as unknown as Readonly<Record<string, EffectiveValue["value"]>>;
  const options = optionNames.map((name): [string, EffectiveValue] => {
    const origin = originOf(assignments.findLast((given) => given.name === name));
    return [brokerOptions[name].key, { value: values[fieldName(name)] ?? null, ...origin }];
  });
  return {
    ...{ profile, file, options: Object.fromEntries(options) },
    topics: collect(assignments, "set", "=", (value, origin) => ({ value, ...origin })),
    users: collect(assignments, "user", ":", (_, origin) => origin),
    injectors,
  };
}

/** Options that have another value than their default, for the log. */
export function describeChanges(config: BrokerConfig): Readonly<Record<string, EffectiveValue>> {
  const { options } = describeConfig(config);
  return Object.fromEntries(Object.entries(options).filter(([, { source }]) => source !== "default"));
}

function originOf(given: Assignment | undefined): Origin {
  return given === undefined ? { source: "default" } : { source: given.source, place: given.place };
}

/** Of several assignments to one name the last counts. */
function collect<T>(
  assignments: readonly Assignment[],
  name: "set" | "user",
  separator: string,
  describe: (value: string, origin: Origin) => T,
): Record<string, T> {
  const found: Record<string, T> = {};
  for (const given of assignments) {
    if (given.name !== name) continue;
    const [key = "", ...value] = given.text.split(separator);
    found[key] = describe(value.join(separator), originOf(given));
  }
  return found;
}
