/** The way from flags, environment, file, profile and defaults to one checked configuration. */
import { resolveTopicConfig, validateOverride } from "../engines/log/topic-config.ts";
import type { Assignment, Problem, Reading } from "./assignment.ts";
import type { Option } from "./option.ts";
import { readEnvironment, readFlags } from "./read-assignments.ts";
import {
  type BrokerConfig,
  brokerOptions,
  environmentName,
  fieldName,
  optionNames,
  profileNames,
} from "./schema.ts";

export type Request =
  | { readonly action: "help" }
  /** check: only what would be in effect is asked for. */
  | { readonly action: "start" | "check"; readonly config: BrokerConfig };

const NOTHING: Reading = { assignments: [], problems: [] };

/**
 * Flags win over the environment, which wins over the file, over the profile, over the defaults. Throws BAD_OPTION that
 * names all that is wrong and, of each wrong name, the nearest right one. What a plain start does not need is loaded on demand.
 */
export async function loadConfig(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<Request> {
  const flags = readFlags(argv);
  if (flags.help) return { action: "help" };
  const path = flags.checkedFile ?? flags.file ?? environment[environmentName("config")] ?? null;
  const file = path === null ? NOTHING : (await import("./config-file.ts")).readConfigFile(path);
  const layers = [file, readEnvironment(environment), flags];
  const given = layers.flatMap(({ assignments }) => assignments);
  const assignments = [...(await profileOf(given)), ...given];
  const problems = layers.flatMap((layer) => layer.problems);
  const config = resolve(assignments, path, problems);
  if (problems.length > 0) throw (await import("./explain-problems.ts")).explainProblems(problems);
  return { action: flags.checkedFile === null ? "start" : "check", config };
}

/** What the profile that was asked for assigns. An unknown one is found with the other values. */
async function profileOf(given: readonly Assignment[]): Promise<readonly Assignment[]> {
  const asked = given.findLast(({ name }) => name === "profile")?.text;
  const profile = profileNames.find((name) => name === asked);
  if (profile === undefined || profile === brokerOptions.profile.default) return [];
  return (await import("./profiles.ts")).profileAssignments(profile);
}

/** Adds to `problems` what is wrong; the configuration is of use only if that is nothing. */
function resolve(
  assignments: readonly Assignment[],
  configFile: string | null,
  problems: Problem[],
): BrokerConfig {
  const topicDefaults: Record<string, string> = {};
  const users: string[] = [];
  const injectors: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of optionNames) values[fieldName(name)] = defaultOf(brokerOptions[name]);
  for (const assignment of assignments) {
    const { name, text } = assignment;
    if (name === "user") users.push(text);
    else if (name === "inject") injectors.push(text);
    else if (name === "set")
      topicDefaults[text.slice(0, text.indexOf("="))] = text.slice(text.indexOf("=") + 1);
    else values[fieldName(name)] = (brokerOptions[name] as Option<unknown>).parse(text);
    const problem = judge(assignment);
    if (problem !== null) problems.push(problem);
  }
  if (values.port === 0) takeFreePorts(values, assignments);
  values.advertisedHost ??= values.host;
  const config = {
    ...values,
    topicDefaults,
    users,
    injectors,
    configFile,
    assignments,
  } as unknown as BrokerConfig;
  if (problems.length > 0) return config;
  for (const text of conflicts(config)) problems.push({ kind: "text", text });
  resolveTopicConfig(topicDefaults);
  return config;
}

function defaultOf(option: Option<unknown>): unknown {
  return option.default === null ? null : option.parse(option.default);
}

function judge({ name, text, written }: Assignment): Problem | null {
  if (name === "user") {
    return /^[^:]+:/.test(text) ? null : { kind: "text", text: `${written}: expected NAME:PASSWORD` };
  }
  if (name === "set") return judgeTopicSetting(text, written);
  if (name === "inject") return null;
  const option: Option<unknown> = brokerOptions[name];
  if (option.parse(text) !== null) return null;
  return { kind: "text", text: `${written}: expected ${option.placeholder}. ${option.doc}` };
}

function judgeTopicSetting(text: string, written: string): Problem | null {
  const [name = "", ...rest] = text.split("=");
  if (rest.length === 0) return { kind: "text", text: `${written}: expected NAME=VALUE` };
  const problem = validateOverride(name, rest.join("="));
  return problem === null ? null : { kind: "topic", name, text: `${written}: ${problem}` };
}

/** Beside a Kafka port of any number the others are of any number too, unless somebody chose one. */
function takeFreePorts(values: Record<string, unknown>, assignments: readonly Assignment[]): void {
  for (const name of ["amqp-port", "http-port"] as const) {
    const isChosen = assignments.some((given) => given.name === name && given.source !== "profile");
    if (!isChosen && values[fieldName(name)] !== "off") values[fieldName(name)] = 0;
  }
}

/** What is wrong with values together. */
function conflicts(config: BrokerConfig): string[] {
  const found: string[] = [];
  if (config.amqpTlsPort !== "off" && (config.tlsCert === null || config.tlsKey === null)) {
    found.push("--amqp-tls-port: needs --tls-cert and --tls-key");
  }
  if (config.pageToFraction >= config.pageAtFraction) {
    const { pageAtFraction, pageToFraction } = config;
    found.push(
      `--page-to-fraction ${pageToFraction}: expected less than --page-at-fraction, ${pageAtFraction}`,
    );
  }
  return found;
}
