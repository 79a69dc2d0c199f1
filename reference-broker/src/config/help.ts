/** The text of --help, from the tables. */
import type { Option } from "./option.ts";
import { profiles } from "./profiles.ts";
import { brokerOptions, environmentName, optionNames, otherFlags } from "./schema.ts";

export function helpText(): string {
  return [
    "Brokermark reference broker: the Kafka protocol and AMQP 0-9-1 on one node.",
    "",
    "Options, by flag and by key in a configuration file:",
    ...optionNames.map((name) => describeOption(name, brokerOptions[name])),
    "",
    "Other flags:",
    ...Object.entries(otherFlags).map(
      ([name, { placeholder, doc }]) =>
        `  --${name}${placeholder === null ? "" : ` ${placeholder}`}\n      ${doc}`,
    ),
    "",
    "Profiles:",
    ...Object.entries(profiles).map(([name, values]) => `  ${name}\n      ${describeProfile(values)}`),
    "",
    `Each option has a variable of the environment too: --port is ${environmentName("port")}.`,
    "Flags win over the environment, which wins over the file, over the profile, over the defaults.",
    "Prints one JSON line on standard output for each protocol it listens for; logs are JSON lines on standard error.",
    "Exit codes: 0 stopped by SIGINT or SIGTERM, 2 bad option, 5 port or directory cannot be used, 70 a bug.",
    "",
  ].join("\n");
}

function describeOption(name: string, option: Option<unknown>): string {
  const { key, placeholder, doc, default: fallback } = option;
  return `  --${name} ${placeholder}\n  ${key}\n      ${doc}. Default ${fallback ?? "none"}`;
}

function describeProfile(values: Readonly<Record<string, string>>): string {
  const assigned = Object.entries(values).map(([name, text]) => `--${name} ${text}`);
  return assigned.length === 0 ? "the defaults" : assigned.join(" ");
}
