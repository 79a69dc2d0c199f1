/**
 * Our message tables against the definitions that Apache ships in kafka-clients: for every version we serve, the same
 * fields in the same order with the same types, nullability, tags and defaults.
 * The jar: BROKERMARK_KAFKA_CLIENTS_JAR, else in the folder that `brokermark targets install kafka` fills.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { apis } from "../../src/protocols/kafka/api-table.ts";
import type { Message } from "../../src/protocols/kafka/schema.ts";
import type { Field, Fields } from "../../src/protocols/kafka/types.ts";
import { defaultOf } from "../protocols/kafka/arbitrary-message.ts";
import { kafkaLibs } from "../support/kafka-install.ts";

interface ApacheField {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly default?: string | number;
  readonly fields?: readonly ApacheField[];
}
interface ApacheSchema {
  readonly apiKey: number;
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly latestVersionUnstable?: boolean;
  readonly fields: readonly ApacheField[];
}

/** What a field is in one version, in words that both sides can be put into. */
interface Shape {
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly tag: number | null;
  /** Of the decoded field where it is absent; null for structs and arrays of structs, whose members say it. */
  readonly default: string;
  readonly fields: readonly Shape[];
}

const jar = findJar();

function findJar(): string | null {
  const given = process.env.BROKERMARK_KAFKA_CLIENTS_JAR;
  if (given !== undefined) {
    assert.ok(existsSync(given), `BROKERMARK_KAFKA_CLIENTS_JAR is ${given}, which does not exist`);
    return given;
  }
  const libs = kafkaLibs();
  const file =
    libs === null ? undefined : readdirSync(libs).find((name) => /^kafka-clients-[\d.]+\.jar$/.test(name));
  return file === undefined ? null : path.join(libs!, file);
}

function readSchema(name: string): ApacheSchema {
  const text = execFileSync("unzip", ["-p", jar!, `common/message/${name}.json`], { encoding: "utf8" });
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, ""));
}

/** "3", "3+" or "3-7"; "none" or nothing is a range without versions. */
function includes(range: string | undefined, version: number): boolean {
  const match = /^(\d+)(\+|-(\d+))?$/.exec(range ?? "none");
  if (match === null) return false;
  const first = Number(match[1]);
  const last = match[2] === "+" ? Number.POSITIVE_INFINITY : Number(match[3] ?? first);
  return version >= first && version <= last;
}

function apacheShapes(fields: readonly ApacheField[], version: number): Shape[] {
  return fields
    .filter(({ versions }) => includes(versions, version))
    .map((field) => ({
      name: field.name.charAt(0).toLowerCase() + field.name.slice(1),
      type: apacheType(field),
      isNullable: includes(field.nullableVersions, version),
      tag: includes(field.taggedVersions, version) ? field.tag! : null,
      default: apacheDefault(field),
      fields: apacheShapes(field.fields ?? [], version),
    }));
}

function apacheType({ type, fields }: ApacheField): string {
  const isArray = type.startsWith("[]");
  const element = fields !== undefined ? "struct" : isArray ? type.slice(2) : type;
  return isArray ? `[]${element}` : element;
}

function apacheDefault(field: ApacheField): string {
  const type = apacheType(field);
  const given = field.default === undefined ? undefined : String(field.default);
  if (type === "struct") return "struct";
  if (type.startsWith("[]")) return given ?? "[]";
  if (type === "records" || given === "null") return "null";
  if (type === "string") return JSON.stringify(given ?? "");
  if (type === "bool") return given ?? "false";
  if (type === "uuid") return JSON.stringify(given ?? "0".repeat(32));
  return String(Number(given ?? 0));
}

function ourShapes(fields: Fields, version: number): Shape[] {
  return Object.entries(fields)
    .filter(([, field]) => version >= field.since && version <= field.until)
    .map(([name, field]) => ({
      name,
      type: ourType(field),
      isNullable: version >= field.nullableSince,
      tag: field.tag,
      default: ourDefault(field),
      fields: ourShapes(field.fields ?? field.element?.fields ?? {}, version),
    }));
}

function ourType(field: Field): string {
  if (field.kind === "array") return `[]${ourType(field.element!)}`;
  return field.kind === "boolean" ? "bool" : field.kind;
}

function ourDefault(field: Field): string {
  const value = defaultOf(field);
  if (field.kind === "struct") return "struct";
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function compare(message: Message, direction: "Request" | "Response"): void {
  const schema = readSchema(`${message.name}${direction}`);
  const [first, last] = message.versions;
  assert.equal(schema.apiKey, message.apiKey);
  assert.equal(schema.flexibleVersions, `${message.flexible}+`);
  const fields = (direction === "Request" ? message.request : message.response).fields;
  for (let version = first; version <= last; version++) {
    assert.ok(includes(schema.validVersions, version), `${message.name} v${version} is not Apache's`);
    assert.deepEqual(
      ourShapes(fields, version),
      apacheShapes(schema.fields, version),
      `${message.name}${direction} v${version}`,
    );
  }
  if (direction === "Response") return;
  const isLatest = !includes(schema.validVersions, last + 1);
  assert.ok(
    isLatest || schema.latestVersionUnstable,
    `${message.name} v${last + 1} is stable and not served`,
  );
}

const skip = jar === null && "kafka-clients is not here: `brokermark targets install kafka`";

for (const { message } of apis) {
  test(`${message.name}: the table is Apache's definition in every served version`, { skip }, () => {
    compare(message, "Request");
    compare(message, "Response");
  });
}
