/** The embedded formats of Kafka's REST proxy, API version 2: how records stand in JSON. */
import type { TextEncoding, TextRecord } from "../../mechanisms/record-encoder.ts";
import { HttpError } from "./http-error.ts";
import { isBase64, isObject, type JsonObject, numberOf } from "./json-body.ts";

export interface TopicFormat {
  readonly encoding: TextEncoding;
  /** Text of a key or value; null is none. Throws unprocessable; `where` names it in the text. */
  readText(value: unknown, where: string): string | null;
}

export interface ReceivedRecord extends TextRecord {
  /** null: chosen by the key. */
  readonly partition: number | null;
}

/** Media type to format. */
export const TOPIC_FORMATS: Readonly<Record<string, TopicFormat>> = {
  "application/vnd.kafka.json.v2+json": { encoding: "utf8", readText: readJson },
  "application/vnd.kafka.binary.v2+json": { encoding: "base64", readText: readBase64 },
};

export const KAFKA_REST_TYPE = "application/vnd.kafka.v2+json";

const RECORD_FIELDS: ReadonlySet<string> = new Set(["key", "value", "partition"]);

function readJson(value: unknown, where: string): string | null {
  if (value === null || value === undefined) return null;
  try {
    return JSON.stringify(value);
  } catch {
    throw unprocessable(`${where} is nested too deeply`); // the only way for a parsed value to fail
  }
}

function readBase64(value: unknown, where: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" && isBase64(value)) return value;
  throw unprocessable(`${where} must be a base64 string or null`);
}

/** `{"records": [{"key", "value", "partition"}, ...]}`. Throws unprocessable and names the place. */
export function readRecords(body: unknown, format: TopicFormat): readonly ReceivedRecord[] {
  const records = isObject(body) ? body.records : undefined;
  if (!Array.isArray(records) || records.length === 0) {
    throw unprocessable("expected an object with a non-empty array `records`");
  }
  return records.map((record: unknown, index) => readRecord(record, index, format));
}

function readRecord(record: unknown, index: number, format: TopicFormat): ReceivedRecord {
  if (!isObject(record)) throw unprocessable(`records[${index}] is not an object`);
  requireKnownFields(record, index);
  return {
    key: format.readText(record.key, `records[${index}].key`),
    value: format.readText(record.value, `records[${index}].value`),
    partition: record.partition === undefined ? null : readPartition(record.partition, index),
  };
}

/** A mistyped name would publish a tombstone. */
function requireKnownFields(record: JsonObject, index: number): void {
  for (const name in record) {
    if (!RECORD_FIELDS.has(name)) {
      throw unprocessable(`records[${index}].${name} is unknown: expected key, value, partition`);
    }
  }
}

function readPartition(value: unknown, index: number): number {
  const partition = numberOf(value);
  if (partition !== null && Number.isInteger(partition) && partition >= 0) return partition;
  throw unprocessable(`records[${index}].partition must be a number from 0 on`);
}

function unprocessable(reason: string): HttpError {
  return new HttpError("unprocessable", reason);
}
