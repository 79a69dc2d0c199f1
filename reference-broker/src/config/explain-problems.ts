/** Words for what is wrong with a configuration: why a name is refused, or which one was meant. */
import { nearest } from "../base/nearest.ts";
import { settingNames } from "../engines/log/topic-config.ts";
import { BrokerError } from "../errors.ts";
import { type Problem, REPEATED_NAMES, type Source } from "./assignment.ts";
import { findRefusal, findRenamed } from "./refused-keys.ts";
import { brokerOptions, environmentName, type OptionName, optionNames, otherFlags } from "./schema.ts";

/** BAD_OPTION with a line for each problem. */
export function explainProblems(problems: readonly Problem[]): BrokerError {
  return new BrokerError("BAD_OPTION", problems.map(explain).join("\n"));
}

function explain(problem: Problem): string {
  if (problem.kind === "text") return problem.text;
  if (problem.kind === "topic") {
    const meant = nearest(problem.name, settingNames);
    return meant === null || meant === problem.name
      ? problem.text
      : `${problem.text}. Did you mean ${meant}?`;
  }
  const { source, name, text } = problem;
  const key = keyOf(source, name);
  const renamed = findRenamed(key);
  const reason = renamed === null ? findRefusal(key) : `it is ${nameOf(source, renamed)} here`;
  if (reason !== null) return `${text.replace(/\.$/, "")}: ${reason}`;
  const meant = nearestName(source, name);
  return `${text}${meant === null ? "" : ` Did you mean ${meant}?`} See --help.`;
}

function nameOf(source: Source, option: OptionName): string {
  if (source === "flag") return `--${option}`;
  return source === "environment" ? environmentName(option) : brokerOptions[option].key;
}

/** As files have it; flags and variables have no section. */
function keyOf(source: Source, name: string): string {
  if (source === "file") return name;
  const bare = source === "environment" ? name.slice(environmentName("").length) : name;
  return bare.toLowerCase().replaceAll("-", "_");
}

function nearestName(source: Source, name: string): string | null {
  if (source === "file") return nearestKey(name);
  if (source === "flag") {
    const meant = nearest(name, [...optionNames, ...Object.keys(otherFlags)]);
    return meant === null ? null : `--${meant}`;
  }
  return nearest(name, [...optionNames, ...REPEATED_NAMES, "config"].map(environmentName));
}

/** The same key in its right section, or the nearest of all. */
function nearestKey(key: string): string | null {
  const keys = optionNames.map((name) => brokerOptions[name].key);
  const last = lastPart(key);
  const sameName = keys.find((candidate) => lastPart(candidate) === last);
  const setting = settingNames.find((name) => key === name || key.endsWith(`.${name}`));
  if (sameName !== undefined) return sameName;
  if (setting !== undefined) return `topics.${setting}`;
  const nearestLast = nearest(last, keys.map(lastPart));
  return nearest(key, keys) ?? keys.find((candidate) => lastPart(candidate) === nearestLast) ?? null;
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf(".") + 1);
}
