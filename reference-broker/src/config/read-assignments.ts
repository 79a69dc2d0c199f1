/** What flags and environment assign to options. Values are checked later, all of them together. */
import { parseArgs } from "node:util";
import {
  type Assignment,
  type Problem,
  type Reading,
  REPEATED_NAMES,
  type RepeatedName,
} from "./assignment.ts";
import { brokerOptions, environmentName, optionNames, type OptionName, otherFlags } from "./schema.ts";

export interface Flags extends Reading {
  readonly help: boolean;
  /** The file to read options from, and to check and not start with; null unless given. */
  readonly file: string | null;
  readonly checkedFile: string | null;
}

type ParsedFlags = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export function readFlags(argv: readonly string[]): Flags {
  const options: Record<string, { type: "string" | "boolean"; multiple?: boolean; short?: string }> = {};
  for (const name of optionNames) options[name] = { type: "string" };
  for (const [name, { placeholder }] of Object.entries(otherFlags)) {
    options[name] = { type: placeholder === null ? "boolean" : "string" };
  }
  for (const name of REPEATED_NAMES) options[name] = { type: "string", multiple: true };
  options.help = { type: "boolean", short: "h" };
  try {
    const { values } = parseArgs({ args: [...argv], options, allowPositionals: false });
    return {
      help: values.help === true,
      file: (values.config as string | undefined) ?? null,
      checkedFile: (values["check-config"] as string | undefined) ?? null,
      assignments: assignedByFlags(values),
      problems: [],
    };
  } catch (error) {
    return {
      help: false,
      file: null,
      checkedFile: null,
      assignments: [],
      problems: [refusal(error as Error)],
    };
  }
}

function assignedByFlags(values: ParsedFlags): Assignment[] {
  const assignments: Assignment[] = [];
  for (const name of [...optionNames, ...REPEATED_NAMES]) {
    for (const value of [values[name] ?? []].flat()) {
      const text = String(value);
      assignments.push({ name, text, source: "flag", place: `--${name}`, written: `--${name} ${text}` });
    }
  }
  return assignments;
}

/** What parseArgs threw. */
function refusal(error: Error): Problem {
  const text = `${error.message.split(". ")[0]}.`;
  const unknown = /^Unknown option '(?:--)?([^' ]+)/.exec(text)?.[1];
  return unknown === undefined
    ? { kind: "text", text: `${text} See --help.` }
    : { kind: "unknown", source: "flag", name: unknown, text };
}

const PREFIX = environmentName("");

export function readEnvironment(environment: NodeJS.ProcessEnv): Reading {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const place of Object.keys(environment)) {
    const value = environment[place];
    if (!place.startsWith(PREFIX) || value === undefined) continue;
    const name = nameOf(place);
    if (name === "config") continue;
    const given =
      name !== null && isRepeated(name) ? value.split(/\s+/).filter((text) => text !== "") : [value];
    if (name === null) {
      problems.push({ kind: "unknown", source: "environment", name: place, text: `${place} is no option.` });
    } else {
      for (const text of given) {
        assignments.push({ name, text, source: "environment", place, written: `${place}=${text}` });
      }
    }
  }
  return { assignments, problems };
}

function isRepeated(name: string): name is RepeatedName {
  return REPEATED_NAMES.some((repeated) => repeated === name);
}

function nameOf(variable: string): OptionName | RepeatedName | "config" | null {
  const name = variable.slice(PREFIX.length).toLowerCase().replaceAll("_", "-");
  if (environmentName(name) !== variable) return null;
  if (isRepeated(name) || name === "config") return name;
  return Object.hasOwn(brokerOptions, name) ? (name as OptionName) : null;
}
