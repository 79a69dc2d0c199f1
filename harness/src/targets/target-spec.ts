import { HarnessError } from "../errors.ts";
import { nearest } from "../scenario/nearest.ts";
import type { Protocol, Target, TargetName } from "./target.ts";

/** What `--target name:key=value,key=value` says. */
export interface TargetSpec {
  readonly name: TargetName;
  readonly options: Readonly<Record<string, string>>;
}

export const TARGET_NAMES = [
  "reference",
  "kafka",
  "rabbitmq",
  "external",
  "synthetic",
  "null",
] as const satisfies TargetName[];

/** Throws USAGE. A comma inside a value is written `\,`. */
export function parseTargetSpec(text: string): TargetSpec {
  const colon = text.indexOf(":");
  const name = colon === -1 ? text : text.slice(0, colon);
  if (!isTargetName(name)) throw unknownTarget(name);
  return { name, options: colon === -1 ? {} : parseOptions(name, text.slice(colon + 1)) };
}

/**
 * The name of the target in results and tables: with options it is another name, so that tuned settings never pass
 * for shipped defaults.
 */
export function targetLabel({ name, options }: TargetSpec): string {
  const pairs = Object.entries(options).map(([key, value]) => `${key}=${value.replaceAll(",", "\\,")}`);
  return pairs.length === 0 ? name : `${name}:${pairs.join(",")}`;
}

/** Throws USAGE when the target does not speak the protocol. */
export function requireProtocol({ name, protocols }: Target, protocol: Protocol): void {
  if (protocols.includes(protocol)) return;
  throw new HarnessError("USAGE", `target ${name} does not speak ${protocol}`, {
    hint: `it speaks ${protocols.join(" and ")}`,
  });
}

function isTargetName(name: string): name is TargetName {
  return (TARGET_NAMES as readonly string[]).includes(name);
}

function unknownTarget(name: string): HarnessError {
  const near = nearest(name, TARGET_NAMES);
  const known = `targets are ${TARGET_NAMES.join(", ")}`;
  return new HarnessError("USAGE", `no target is called "${name}"`, {
    hint: near === null ? known : `did you mean "${near}"? ${known}`,
  });
}

function parseOptions(name: string, text: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (const part of text.split(/(?<!\\),/)) {
    const equals = part.indexOf("=");
    if (equals < 1) {
      throw new HarnessError("USAGE", `target ${name}: "${part}" is no key=value`, {
        hint: `write ${name}:key=value,key=value; a comma inside a value is written \\,`,
      });
    }
    const key = part.slice(0, equals);
    if (Object.hasOwn(options, key)) throw new HarnessError("USAGE", `target ${name}: ${key} is given twice`);
    options[key] = part.slice(equals + 1).replaceAll("\\,", ",");
  }
  return options;
}
