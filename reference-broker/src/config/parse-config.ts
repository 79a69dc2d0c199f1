/** Flags, environment and defaults become one configuration. */
import { parseArgs } from "node:util";
import { nearest } from "../base/nearest.ts";
import { resolveTopicConfig, settingNames, validateOverride } from "../engines/log/topic-config.ts";
import { BrokerError } from "../errors.ts";
import type { Option } from "./option.ts";
import { type BrokerConfig, brokerOptions, fieldName, optionNames } from "./schema.ts";

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
  for (const name of optionNames) {
    const option: Option<unknown> = brokerOptions[name];
    const chosen = (flags[name] as string | undefined) ?? environment[environmentName(name)];
    const given = chosen ?? (name === "amqp-port" && config.port === 0 ? "0" : option.default);
    const value = given === null ? null : option.parse(given);
    if (value === null && given !== null)
      throw new BrokerError(
        "BAD_OPTION",
        `--${name} ${given}: expected ${option.placeholder}. ${option.doc}`,
      );
    config[fieldName(name)] = value;
  }
  config.advertisedHost ??= config.host;
  if (config.amqpTlsPort !== "off" && (config.tlsCert === null || config.tlsKey === null)) {
    throw new BrokerError("BAD_OPTION", "--amqp-tls-port: needs --tls-cert and --tls-key");
  }
  return config as BrokerConfig;
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
  for (const name of optionNames) options[name] = { type: "string" };
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values;
  } catch (error) {
    const unknown = /'(?:--)?([^' ]+)/.exec((error as Error).message)?.[1] ?? "";
    const hint = nearest(unknown, [...optionNames, "set", "user", "help"]);
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

export function helpText(): string {
  const lines = optionNames.map((name) => {
    const option: Option<unknown> = brokerOptions[name];
    return `  --${name} ${option.placeholder}\n      ${option.doc}. Default ${option.default ?? "none"}. Environment ${environmentName(name)}`;
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
