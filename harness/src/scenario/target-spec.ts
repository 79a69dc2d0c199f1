import { HarnessError } from "../errors.ts";

/** One `--target`: a name and the options of this start, e.g. `external:host=10.0.0.5,port=9092`. */
export interface TargetSpec {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

/** @throws HarnessError USAGE. Whether the target exists is for the catalog to say. */
export function parseTargetSpec(text: string): TargetSpec {
  const [, name, rest] = /^([a-z0-9-]+)(?::(.*))?$/.exec(text) ?? [];
  if (name === undefined) {
    throw new HarnessError("USAGE", `not a target: ${text}`, {
      hint: "write a name, or name:key=value,key=value as in external:host=127.0.0.1,port=9092",
    });
  }
  const options: Record<string, string> = {};
  for (const part of rest === undefined || rest === "" ? [] : rest.split(",")) {
    const equals = part.indexOf("=");
    if (equals < 1) {
      throw new HarnessError("USAGE", `target ${name}: expected key=value, not ${JSON.stringify(part)}`);
    }
    options[part.slice(0, equals)] = part.slice(equals + 1);
  }
  return { name, options };
}
