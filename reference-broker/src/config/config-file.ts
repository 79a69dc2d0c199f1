/** A configuration file in TOML: what it assigns, each with its line. Loaded when there is a file. */
import fs from "node:fs";
import { parse, TomlError, type TomlTable, type TomlValue } from "smol-toml";
import { invariant } from "../base/invariant.ts";
import { BrokerError } from "../errors.ts";
import type { Assignment, Problem, Reading } from "./assignment.ts";
import { brokerOptions, type OptionName, optionNames } from "./schema.ts";

const MAX_FILE_BYTES = 64 * 1024;

/** One value of a file. */
interface Entry {
  /** Section and key, with dots between. */
  readonly key: string;
  readonly value: TomlValue;
  readonly line: number;
}

interface Statements {
  readonly entries: Entry[];
  /** Sections that hold nothing. */
  readonly empty: { readonly key: string; readonly line: number }[];
}

/** Throws BAD_OPTION when it cannot be read or is not TOML; wrong names and values are in the reading's problems. */
export function readConfigFile(path: string): Reading {
  return readConfigText(readText(path), path);
}

/** `name`: what places are told by, usually the path. */
export function readConfigText(text: string, name: string): Reading {
  const { entries, empty } = readStatements(text, name);
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const entry of entries) {
    const read = interpret(entry, `${name}:${entry.line}`);
    if ("kind" in read) problems.push(read);
    else assignments.push(read);
  }
  for (const { key, line } of empty) {
    if (!SECTIONS.has(key)) problems.push(unknown(key, `${name}:${line}`));
  }
  return { assignments, problems };
}

function readText(path: string): string {
  try {
    const { size } = fs.statSync(path);
    if (size > MAX_FILE_BYTES) {
      throw new BrokerError("BAD_OPTION", `configuration file ${path}: larger than ${MAX_FILE_BYTES} bytes`);
    }
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof BrokerError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new BrokerError("BAD_OPTION", `configuration file ${path}: cannot be read (${code})`, error);
  }
}

/**
 * The parser says where errors stand but not where values do. So the whole is parsed for errors, and then one statement
 * at a time: as many lines as it takes until they are a document by themselves.
 */
function readStatements(text: string, name: string): Statements {
  parseToml(text, name);
  const statements: Statements = { entries: [], empty: [] };
  const lines = text.split(/\r?\n/);
  let section = "";
  let unused: Statements["empty"][number] | null = null;
  for (let from = 0, to = 1; from < lines.length; from = to, to++) {
    let table = tryParse(lines.slice(from, to).join("\n"));
    while (table === null && to < lines.length) table = tryParse(lines.slice(from, ++to).join("\n"));
    invariant(table !== null, "a statement of a document is a document");
    const line = from + 1;
    const isHeader = /^\s*\[/.test(lines[from]!);
    if (isHeader) {
      if (unused !== null) statements.empty.push(unused);
      section = sectionOf(table);
      unused = { key: section, line };
    }
    if (!isHeader || /^\s*\[\[/.test(lines[from]!)) {
      const found = flatten(table, section === "" || isHeader ? [] : [section], line);
      if (found.length > 0) unused = null;
      statements.entries.push(...found);
    }
  }
  if (unused !== null) statements.empty.push(unused);
  return statements;
}

function parseToml(text: string, name: string): void {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [said = ""] = error.message.split("\n");
    const reason = said.replace("Invalid TOML document: ", "");
    throw new BrokerError("BAD_OPTION", `${name}:${error.line}:${error.column}: not TOML: ${reason}`, error);
  }
}

function tryParse(text: string): TomlTable | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

/** The name of the one section that a header alone makes. */
function sectionOf(header: TomlTable): string {
  const names: string[] = [];
  for (let table: TomlTable | undefined = header; table !== undefined; ) {
    const [name] = Object.keys(table);
    if (name === undefined) break;
    names.push(name);
    const inner: TomlValue | undefined = table[name];
    table = (Array.isArray(inner) ? inner[0] : inner) as TomlTable | undefined;
  }
  return names.join(".");
}

function flatten(table: TomlTable, path: readonly string[], line: number): Entry[] {
  return Object.entries(table).flatMap(([name, value]) => {
    const inner = [...path, name];
    return isTable(value) ? flatten(value, inner, line) : [{ key: inner.join("."), value, line }];
  });
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

const NAME_BY_KEY: ReadonlyMap<string, OptionName> = new Map(
  optionNames.map((name) => [brokerOptions[name].key, name]),
);
const SECTIONS: ReadonlySet<string> = new Set([
  ...optionNames.map((name) => brokerOptions[name].key.split(".")[0]!),
  ...["topics", "users"],
]);

function interpret({ key, value }: Entry, place: string): Assignment | Problem {
  const text = typeof value === "object" ? null : String(value);
  if (text === null) {
    return { kind: "text", text: `${place}: ${key}: expected one value, not an array or a time` };
  }
  const given = { source: "file", place } as const;
  const written = `${place}: ${key} = ${text}`;
  const setting = after("topics.", key);
  if (setting !== null) return { ...given, name: "set", text: `${setting}=${text}`, written };
  const user = after("users.", key);
  if (user?.includes(":")) return { kind: "text", text: `${place}: ${key}: a user's name has no colon` };
  if (user !== null) return { ...given, name: "user", text: `${user}:${text}`, written: `${place}: ${key}` };
  const name = NAME_BY_KEY.get(key);
  return name === undefined ? unknown(key, place) : { ...given, name, text, written };
}

function unknown(key: string, place: string): Problem {
  return { kind: "unknown", source: "file", name: key, text: `${place}: ${key} is no option.` };
}

function after(prefix: string, key: string): string | null {
  return key.startsWith(prefix) ? key.slice(prefix.length) : null;
}
