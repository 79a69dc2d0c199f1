/** Turns what zod found into what a person needs to read. */
import { z } from "zod";
import { nearest } from "./nearest.ts";
import { schemaOfWorkload } from "./schema.ts";
import { WORKLOAD_NAMES } from "./workloads.ts";

type Path = readonly (string | number)[];
type Issue = z.core.$ZodIssue;

export function issueMessage(issue: Issue, path: Path, missing: boolean, value: unknown): string {
  const where = path.join(".") || "the document";
  if (missing) return `${where} is missing`;
  const got = value === undefined ? "" : `, not ${JSON.stringify(value)}`;
  switch (issue.code) {
    case "invalid_type":
      return `${where}: expected ${article(issue.expected)}${got}`;
    case "invalid_value":
      return `${where}: expected ${oneOf(allowed(issue.values, path))}${got}`;
    case "too_small":
      return `${where}: must be at least ${issue.minimum}${amount(issue.origin)}${got}`;
    case "too_big":
      return `${where}: must be at most ${issue.maximum}${amount(issue.origin)}${got}`;
    case "invalid_key":
      return `${where}: ${issue.issues[0]?.message ?? issue.message}`;
    default:
      return `${where}: ${issue.message}${got}`;
  }
}

/** The allowed word that is nearest to the one given, for fields that take one of several words. */
export function issueSuggestion(issue: Issue, value: unknown): string | null {
  if (issue.code !== "invalid_value" || typeof value !== "string") return null;
  return nearest(value, allowed(issue.values, issue.path as Path).map(String));
}

/** A scenario is checked by the schema of one workload; the others are allowed as well. */
function allowed(values: readonly unknown[], path: Path): readonly unknown[] {
  return path.length === 1 && path[0] === "workload" ? WORKLOAD_NAMES : values;
}

/** Keys that the object at this path of a scenario of this workload may have. */
export function knownKeys(path: Path, workload: unknown): string[] {
  let schema: z.core.$ZodType = schemaOfWorkload(workload);
  for (const step of path) schema = unwrapped(childOf(unwrapped(schema), step));
  schema = unwrapped(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function childOf(schema: z.core.$ZodType, step: string | number): z.core.$ZodType {
  if (schema instanceof z.ZodObject) return schema.shape[step] ?? z.unknown();
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  return z.unknown();
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable
    ? unwrapped(schema.unwrap())
    : schema;
}

const TYPES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  object: "a map of keys",
  record: "a map of names",
  array: "a list",
};

const article = (expected: string) => TYPES[expected] ?? expected;
const amount = (origin: string) => (origin === "array" ? " item" : "");

function oneOf(values: readonly unknown[]): string {
  const words = values.map(String);
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
